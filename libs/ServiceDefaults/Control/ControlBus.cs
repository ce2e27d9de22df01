using Microsoft.Extensions.Logging;

namespace Ingest.ServiceDefaults.Control;

/// <summary>
/// Tells the other stages something. Nothing on the bus is needed for the promise: what is lost there is asked for
/// again, so a message that cannot be sent in time is dropped. Where no bus is set up nobody is told.
/// </summary>
public sealed partial class ControlBus
{
    /// <summary>Without it a send would wait for as long as the broker is away.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private readonly IControlTransport? _transport;
    private readonly ILogger _logger;

    internal ControlBus(IControlTransport? transport, ILogger logger) => (_transport, _logger) = (transport, logger);

    /// <summary>False where nobody would hear.</summary>
    public bool IsConnected => _transport is not null;

    public async Task TellAsync<T>(T message, CancellationToken cancellationToken) where T : class
    {
        if (_transport is null)
            return;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Deadline);
        try
        {
            await _transport.PublishAsync(message, deadline.Token);
        }
        catch (Exception lost) when (!cancellationToken.IsCancellationRequested)
        {
            LogLost(typeof(T).Name, lost.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A {Message} could not be sent: {Reason}")]
    private partial void LogLost(string message, string reason);
}
