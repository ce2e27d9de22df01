using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway;

/// <summary>The gateway's end, at the same time for every way in, whichever of them the host stops first.</summary>
internal sealed class GatewayEnd : IDisposable
{
    private readonly CancellationTokenSource _aborting;
    private readonly CancellationTokenRegistration _drain;

    public GatewayEnd(IHostApplicationLifetime lifetime, IOptions<GatewayOptions> options, TimeProvider time)
    {
        _aborting = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        Stopping = lifetime.ApplicationStopping;
        _drain = Stopping.UnsafeRegister(_ => _aborting.CancelAfter(options.Value.Drain), null);
    }

    /// <summary>Nothing more is taken; what was taken is made safe.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>What is not safe by now is given up, and nobody was told that it is.</summary>
    public CancellationToken Aborting => _aborting.Token;

    public void Dispose()
    {
        _drain.Dispose();
        _aborting.Dispose();
    }
}
