using System.Threading.Channels;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.Hosting;

namespace Ingest.Writer.Notices;

/// <summary>
/// Tells the gateways what is committed, for pipelines whose producers wait for it. The writer never waits for this: a
/// notice that finds no room is dropped, and the gateway asks for it.
/// </summary>
internal sealed class CommitNotifier(PipelineCatalog catalog, IBatchQueues queues, ControlBus bus, LedgerNotices ledger, TimeProvider time)
    : BackgroundService, ICommitListener
{
    private const int MostWaiting = 10_000;
    private const int MostInOneMessage = 500;
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(5);

    private readonly Channel<Notice> _notices = Channel.CreateBounded<Notice>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly HashSet<string> _pipelines =
        [.. catalog.Pipelines.Where(p => IsWaitedFor(p, queues)).Select(p => p.Name)];

    public void Committed(string pipeline, CommittedBatch batch)
    {
        // Of a batch that was there already nothing is known here but that; the ledger knows what became of it.
        if (bus.IsConnected && _pipelines.Contains(pipeline))
            _notices.Writer.TryWrite(new Notice(pipeline, batch.Id, batch.Already ? null : batch.ToCounts()));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _notices.Reader.WaitToReadAsync(stoppingToken))
                await TellAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was not told is asked for.
        }
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        var notices = new List<Notice>();
        while (notices.Count < MostInOneMessage && _notices.Reader.TryRead(out var notice))
            notices.Add(notice);
        foreach (var pipeline in notices.Where(n => n.Counts is not null).GroupBy(n => n.Pipeline, n => n.Counts!))
            await bus.TellAsync(new BatchesCommitted { Pipeline = pipeline.Key, Batches = [.. pipeline] }, cancellationToken);

        // What the ledger is asked for comes last, and not for long: other notices wait meanwhile.
        foreach (var pipeline in notices.Where(n => n.Counts is null).GroupBy(n => n.Pipeline, n => n.BatchId))
            await LookAsync(pipeline.Key, [.. pipeline], cancellationToken);
    }

    private async Task LookAsync(string pipeline, IReadOnlyList<Guid> batchIds, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(LongestLook, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await ledger.TellAsync(pipeline, batchIds, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Whoever waits asks for itself, and has more patience.
        }
    }

    private static bool IsWaitedFor(PipelineDefinition pipeline, IBatchQueues queues) => pipeline.Acknowledge switch
    {
        Acknowledge.None => false,
        Acknowledge.Committed => true,
        _ => queues.SendsAwaitConsumers,
    };

    /// <param name="Pipeline">Its pipeline's name.</param>
    /// <param name="BatchId">A batch that is committed.</param>
    /// <param name="Counts">Null where an earlier delivery wrote it.</param>
    private readonly record struct Notice(string Pipeline, Guid BatchId, BatchCounts? Counts);
}
