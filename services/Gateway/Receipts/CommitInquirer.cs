using Ingest.Messaging;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.Hosting;

namespace Ingest.Gateway.Receipts;

/// <summary>Asks the writers again for commits whose notice did not come.</summary>
internal sealed class CommitInquirer(CommitTally commits, ControlBus bus) : BackgroundService
{
    private const int MostBatchesInOneInquiry = 1_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var inquiry in commits.OverdueAsync(MostBatchesInOneInquiry, stoppingToken))
                await bus.TellAsync(inquiry, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Sources that still wait answer without the commit.
        }
    }
}
