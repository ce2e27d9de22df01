using Ingest.Messaging;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway.Receipts;

/// <summary>Asks the writers again for commits whose notice did not come. Sleeps while no source waits for one.</summary>
internal sealed class CommitInquirer(CommitTally commits, ControlBus bus, IOptions<GatewayOptions> options, TimeProvider time) : BackgroundService
{
    private const int MostBatchesInOneInquiry = 1_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await commits.AnyAsync.HereAsync().WaitAsync(stoppingToken);
                await Task.Delay(options.Value.InquireAfter, time, stoppingToken);
                foreach (var inquiry in commits.TakeOverdue(MostBatchesInOneInquiry))
                    await bus.TellAsync(inquiry, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Sources that still wait answer without the commit.
        }
    }
}
