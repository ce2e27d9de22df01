using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.Hosting;

namespace Ingest.Processor.Notices;

/// <summary>
/// Tells the gateways at the start which definitions this processor works by: one that filters by another stops at once.
/// </summary>
internal sealed class DefinitionNotifier(PipelineCatalog catalog, ControlBus bus) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await bus.TellAsync(catalog.ToNotice(), stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Gateways ask, too.
        }
    }
}
