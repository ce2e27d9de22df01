using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Writer;

/// <summary>
/// Takes every pipeline's row batches and commits many at a time: as many as are there when the last transaction is
/// done. They are acknowledged after the commit. Pipelines do not wait for one another.
/// </summary>
internal sealed partial class WriterWorker(
    PipelineCatalog catalog,
    IBatchQueues queues,
    IRowStores stores,
    IEnumerable<ICommitListener> listeners,
    StageHealth health,
    Isolation isolation,
    IOptions<WriterOptions> options,
    TimeProvider time,
    Random random,
    ILogger<WriterWorker> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly WriterOptions _options = options.Value;
    private readonly ICommitListener[] _listeners = [.. listeners];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var aborting = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var drain = stoppingToken.UnsafeRegister(
            state => ((CancellationTokenSource)state!).CancelAfter(_options.Drain), aborting);
        await StageTasks.AllOrFirstFaultAsync(catalog.Pipelines.Select(p => RunAsync(p, stoppingToken, aborting.Token)));
    }

    private async Task RunAsync(PipelineDefinition pipeline, CancellationToken stopping, CancellationToken aborting)
    {
        await using var store = stores.Create(pipeline);
        var largest = Math.Max(256 * 1024, pipeline.MaxLineBytes);
        await using var receiver = queues.CreateReceiver<RowBatch>(pipeline.Name, Prefetch.Messages(_options.PrefetchBytes, largest));
        var deliveries = new List<Delivery<RowBatch>>();
        var prepared = false;
        try
        {
            // Nothing is taken before the table is known to fit.
            await InsistAsync(pipeline, () => PrepareAsync(stopping), stopping);
            while (!stopping.IsCancellationRequested)
            {
                deliveries.Clear();
                deliveries.Add(await receiver.ReceiveAsync(stopping));
                FillUp(receiver, deliveries);
                var batches = InOrder(deliveries);
                var committed = await InsistAsync(pipeline, () => CommitAsync(batches, deliveries.Any(d => d.IsSuspect)), stopping);
                foreach (var batch in committed)
                {
                    foreach (var listener in _listeners)
                        listener.Committed(pipeline.Name, batch);
                }

                foreach (var delivery in deliveries)
                    await delivery.AcknowledgeAsync();
                deliveries.Clear();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            foreach (var delivery in deliveries)
                await delivery.RequeueAsync();
        }

        await receiver.StopAsync();

        async Task<bool> PrepareAsync(CancellationToken cancellationToken)
        {
            if (!prepared)
                await store.PrepareAsync(cancellationToken);
            return prepared = true;
        }

        async Task<IReadOnlyList<CommittedBatch>> CommitAsync(RowBatch[] batches, bool alone)
        {
            // Held for one attempt: a database that is away must not keep others waiting.
            using var place = await isolation.EnterAsync(alone, stopping);
            await PrepareAsync(aborting);
            try
            {
                return await store.CommitAsync(batches, aborting);
            }
            catch (StoreRefusedException)
            {
                // Perhaps somebody changed the table; before the next attempt it is looked at again.
                prepared = false;
                throw;
            }
        }
    }

    /// <summary>
    /// One copy of each batch, since an unknown confirm leads to two side by side, and each source's batches in its
    /// order, since its later line is the one that counts.
    /// </summary>
    private static RowBatch[] InOrder(List<Delivery<RowBatch>> deliveries) =>
        [.. deliveries.Select(d => d.Batch)
            .DistinctBy(b => b.Id)
            .GroupBy(b => b.Segments is [var first, ..] ? first.SourceId : b.Id)
            .SelectMany(source => source.OrderBy(b => b.Segments is [var first, ..] ? first.ByteOffset : 0))];

    private void FillUp(IBatchReceiver<RowBatch> receiver, List<Delivery<RowBatch>> deliveries)
    {
        var (rows, bytes) = (deliveries[0].Batch.Rows, (long)deliveries[0].Batch.Size);
        while (rows < _options.MaxTransactionRows && bytes < _options.MaxTransactionBytes && receiver.TryReceive(out var next))
        {
            deliveries.Add(next);
            rows += next.Batch.Rows;
            bytes += next.Batch.Size;
        }
    }

    /// <summary>Tries until it works: a database that is away or refuses is never a reason to drop or reject a row.</summary>
    private async Task<T> InsistAsync<T>(
        PipelineDefinition pipeline, Func<Task<T>> work, CancellationToken stopping)
    {
        var stage = $"writer {pipeline.Name}";
        var delay = _options.FirstRetryDelay;
        var lastWarning = DateTimeOffset.MinValue;
        while (true)
        {
            StageProblem problem;
            try
            {
                var result = await work();
                if (health.Resolve(stage))
                    LogWorksAgain(pipeline.Name);
                return result;
            }
            catch (StoreAwayException away)
            {
                problem = new StageProblem(stage, $"Pipeline {pipeline.Name}: the database is away: {away.Message}", NeedsHelp: false);
            }
            catch (StoreRefusedException refused)
            {
                problem = new StageProblem(stage, $"Pipeline {pipeline.Name}: {refused.Message}", NeedsHelp: true);
            }

            health.Report(problem);
            if (time.GetUtcNow() - lastWarning >= BetweenWarnings)
            {
                lastWarning = time.GetUtcNow();
                LogProblem(problem.Message);
            }

            var wait = problem.NeedsHelp ? _options.RefusalRetryDelay : delay * (0.5 + (random.NextDouble() / 2));
            await Task.Delay(wait, time, stopping);
            delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, _options.LongestRetryDelay.Ticks));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    private partial void LogProblem(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Pipeline {Pipeline}: the database works again")]
    private partial void LogWorksAgain(string pipeline);
}
