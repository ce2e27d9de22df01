using Microsoft.Extensions.Hosting;

namespace Ingest.Cli.Load;

/// <summary>Leaves signals to the load: the host's own answer to the first one would be to give up what is on its way.</summary>
internal sealed class OwnLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
