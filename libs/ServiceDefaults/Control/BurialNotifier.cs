using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace Ingest.ServiceDefaults.Control;

/// <summary>Tells the gateways of dead batches, so that nobody waits for their commit.</summary>
internal sealed class BurialNotifier(StageHealth health, ControlBus bus) : BackgroundService
{
    /// <summary>What finds no room is not told: the wait for a commit has an end anyway.</summary>
    private const int MostWaiting = 1_000;

    private readonly Channel<BatchBuried> _notices = Channel.CreateBounded<BatchBuried>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Buried += Note;
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var notice in _notices.Reader.ReadAllAsync(stoppingToken))
                await bus.TellAsync(notice, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The wait for the commit ends at its deadline.
        }
        finally
        {
            health.Buried -= Note;
        }
    }

    /// <summary>A damaged batch may have no id that anybody knows.</summary>
    private void Note(string pipeline, string batchId)
    {
        if (Guid.TryParse(batchId, out var id))
            _notices.Writer.TryWrite(new BatchBuried { Pipeline = pipeline, BatchId = id });
    }
}
