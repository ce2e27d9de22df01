using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Microsoft.Extensions.Logging;

namespace Ingest.Writer;

/// <summary>
/// Writes one pipeline's row batches: as many in a transaction as are there when the last one is done. They are
/// acknowledged after the commit, and after those who listen have heard of it.
/// </summary>
internal sealed partial class PipelineWriter(
    PipelineDefinition pipeline,
    IBatchQueues queues,
    IRowStore store,
    IReadOnlyList<ICommitListener> listeners,
    Isolation isolation,
    Outage outage,
    WriterOptions options,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>A batch on which the writer threw so many times, alone, is beyond it.</summary>
    private const int MostThrows = 3;

    /// <summary>When a batch that another session is writing is tried again.</summary>
    private static readonly TimeSpan BlockedFor = TimeSpan.FromSeconds(10);

    /// <summary>When it is looked again whether another writer has written what a batch waits for.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(500);

    private readonly SourceOrder? _order = pipeline is { OnDuplicate: OnDuplicate.Update, Key.Count: > 0 }
        ? new SourceOrder(pipeline.Name, store, options, time, logger)
        : null;

    private readonly int _prefetch = Prefetch.Messages(options.PrefetchBytes, Math.Max(256 * 1024, pipeline.MaxLineBytes));
    private readonly HashSet<Guid> _early = [];
    private TimeSpan _look = FirstLook;
    private readonly List<Delivery<RowBatch>> _held = [];
    private readonly Dictionary<Guid, int> _throws = [];
    private readonly Dictionary<Guid, long> _blocked = [];
    private bool _prepared;

    /// <param name="stopping">Ends the work; the transaction at hand is finished.</param>
    /// <param name="aborting">Ends that, too.</param>
    public async Task RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                // Nothing is taken before the table is known to fit.
                while (!await TryAsync(() => PrepareAsync(stopping), stopping))
                {
                }

                await WriteAsync(stopping, aborting);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What was held has gone back.
        }
    }

    /// <summary>Returns when the writer has not been able to write for long; everything held goes back.</summary>
    private async Task WriteAsync(CancellationToken stopping, CancellationToken aborting)
    {
        await using var receiver = queues.CreateReceiver<RowBatch>(pipeline.Name, _prefetch);
        try
        {
            while (!stopping.IsCancellationRequested && !outage.IsLong)
            {
                await TakeAsync(receiver, stopping);
                await TryAsync(() => CommitHeldAsync(stopping, aborting), stopping);
            }

            if (!outage.IsLong)
                return;
            LogReleased(pipeline.Name, _held.Count);
            outage.Restart();
            _prepared = false;
        }
        finally
        {
            foreach (var delivery in _held)
                await delivery.RequeueAsync();
            _held.Clear();
            _blocked.Clear();
            _early.Clear();
            _order?.Clear();
            await receiver.StopAsync();
        }
    }

    /// <summary>A database that is away or refuses is never a reason to drop or reject a row.</summary>
    /// <returns>False when it was, after the wait that is due then.</returns>
    private async Task<bool> TryAsync(Func<Task> work, CancellationToken stopping)
    {
        try
        {
            await work();
            if (outage.End())
                LogWorksAgain(pipeline.Name);
            return true;
        }
        catch (Exception failure) when (failure is StoreAwayException or StoreRefusedException)
        {
            if (outage.Note(failure) is { } problem)
                LogProblem(problem);
            await outage.WaitAsync(failure, stopping);
            return false;
        }
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (!_prepared)
            await store.PrepareAsync(cancellationToken);
        _prepared = true;
    }

    private async Task TakeAsync(IBatchReceiver<RowBatch> receiver, CancellationToken stopping)
    {
        var ready = _held.Where(d => !IsBlocked(d.Batch.Id) && !_early.Contains(d.Batch.Id)).Select(d => d.Batch).ToArray();
        var (rows, bytes) = (ready.Sum(b => b.Rows), ready.Sum(b => (long)b.Size));
        if (ready.Length == 0)
        {
            using var due = new CancellationTokenSource(
                _early.Count > 0 ? _look : _blocked.Count > 0 ? BlockedFor : Timeout.InfiniteTimeSpan, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, due.Token);
            try
            {
                Add(await receiver.ReceiveAsync(either.Token));
            }
            catch (OperationCanceledException) when (due.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                _look = TimeSpan.FromTicks(Math.Min(_look.Ticks * 2, LongestLook.Ticks));
                return;
            }
        }

        while (rows < options.MaxTransactionRows && bytes < options.MaxTransactionBytes && receiver.TryReceive(out var next))
            Add(next);

        void Add(Delivery<RowBatch> delivery)
        {
            _held.Add(delivery);
            rows += delivery.Batch.Rows;
            bytes += delivery.Batch.Size;
        }
    }

    /// <summary>
    /// One transaction for all; but a batch that may kill its consumers has the process to itself, and one on which the
    /// writer threw has a transaction to itself.
    /// </summary>
    private async Task CommitHeldAsync(CancellationToken stopping, CancellationToken aborting)
    {
        var held = _held.GroupBy(d => d.Batch.Id).Where(copies => !IsBlocked(copies.Key));
        var ready = OneTransaction(await OrderAsync([.. held.Select(copies => copies.First().Batch)], stopping)).ToArray();
        var together = ready.Where(b => !IsAlone(b.Id)).ToArray();
        if (together.Length > 0)
            await CommitAsync(_order is null ? [.. SourceOrder.BySource(together)] : together, alone: false, stopping, aborting);
        foreach (var batch in ready.Except(together))
            await CommitAsync([batch], IsSuspect(batch.Id), stopping, aborting);
    }

    /// <summary>Those that may be written, in the order in which their rows count.</summary>
    private async Task<IEnumerable<RowBatch>> OrderAsync(RowBatch[] batches, CancellationToken cancellationToken)
    {
        if (_order is null)
            return batches;
        _early.Clear();
        var next = await _order.NextAsync(batches, IsAlone, hasRoom: _held.Count < _prefetch, cancellationToken);
        _early.UnionWith(batches.Except(next).Select(b => b.Id));
        return next;
    }

    /// <summary>As many as it takes: batches that were blocked come back together, beside those that were taken meanwhile.</summary>
    private IEnumerable<RowBatch> OneTransaction(IEnumerable<RowBatch> ready)
    {
        var (rows, bytes) = (0, 0L);
        foreach (var batch in ready)
        {
            if (rows >= options.MaxTransactionRows || bytes >= options.MaxTransactionBytes)
                yield break;
            rows += batch.Rows;
            bytes += batch.Size;
            yield return batch;
        }
    }

    private async Task CommitAsync(RowBatch[] batches, bool alone, CancellationToken stopping, CancellationToken aborting)
    {
        IReadOnlyList<CommittedBatch> committed;
        try
        {
            // Held for one attempt: a database that is away must not keep others waiting.
            using var place = await isolation.EnterAsync(alone, stopping);
            await PrepareAsync(aborting);
            committed = await store.CommitAsync(batches, aborting);
        }
        catch (StoreRefusedException)
        {
            // Perhaps somebody changed the table; before the next attempt it is looked at again.
            _prepared = false;
            throw;
        }
        catch (BatchesUnfitException unfit)
        {
            foreach (var id in unfit.Batches)
                await BuryAsync(id, unfit.Message);
            var others = batches.Where(b => !unfit.Batches.Contains(b.Id)).ToArray();
            if (others.Length > 0)
                await CommitAsync(others, alone, stopping, aborting);
            return;
        }
        catch (Exception unforeseen) when (!IsOutside(unforeseen, stopping, aborting))
        {
            if (batches is [var culprit])
                await DoubtAsync(culprit.Id, unforeseen);
            else
            {
                foreach (var batch in batches)
                {
                    await CommitAsync([batch], alone, stopping, aborting);
                    // What is behind it in its source waits for its next try.
                    if (_order is not null && _throws.ContainsKey(batch.Id))
                        break;
                }
            }

            return;
        }

        await SettleAsync(batches, committed);
    }

    private async Task SettleAsync(RowBatch[] batches, IReadOnlyList<CommittedBatch> committed)
    {
        foreach (var batch in committed)
        {
            foreach (var listener in listeners)
                listener.Committed(pipeline.Name, batch);
        }

        var done = committed.Select(c => c.Id).ToHashSet();
        foreach (var id in batches.Select(b => b.Id))
        {
            if (!done.Contains(id))
                _blocked[id] = time.GetTimestamp();
            else
                await SettleAsync(id, delivery => delivery.AcknowledgeAsync());
        }
    }

    /// <summary>An exception that names no cause: the batch has two more tries, and then goes aside.</summary>
    private async Task DoubtAsync(Guid id, Exception unforeseen)
    {
        LogThrew(unforeseen, pipeline.Name, id);
        _throws[id] = _throws.GetValueOrDefault(id) + 1;
        if (_throws[id] >= MostThrows)
            await BuryAsync(id, $"The writer failed on it {MostThrows} times: {unforeseen.GetType().Name}: {unforeseen.Message}");
    }

    private async Task BuryAsync(Guid id, string reason)
    {
        LogBuried(pipeline.Name, id, reason);
        _order?.Pass(_held.First(d => d.Batch.Id == id).Batch);
        await SettleAsync(id, delivery => delivery.BuryAsync(reason));
    }

    /// <summary>Settles all copies of a batch.</summary>
    private async Task SettleAsync(Guid id, Func<Delivery<RowBatch>, ValueTask> settle)
    {
        foreach (var copy in _held.Where(d => d.Batch.Id == id).ToArray())
        {
            _held.Remove(copy);
            await settle(copy);
        }

        _throws.Remove(id);
        _blocked.Remove(id);
        // What waited for it is looked at again.
        _early.Clear();
        _look = FirstLook;
    }

    private bool IsSuspect(Guid id) => _held.Exists(d => d.Batch.Id == id && d.IsSuspect);

    private bool IsAlone(Guid id) => _throws.ContainsKey(id) || IsSuspect(id);

    private bool IsBlocked(Guid id) => _blocked.TryGetValue(id, out var since) && time.GetElapsedTime(since) < BlockedFor;

    /// <summary>What says nothing of the batch; whoever lacks memory is not to judge.</summary>
    private static bool IsOutside(Exception failure, CancellationToken stopping, CancellationToken aborting) =>
        failure is StoreAwayException or OutOfMemoryException
        || (failure is OperationCanceledException && (stopping.IsCancellationRequested || aborting.IsCancellationRequested));

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    private partial void LogProblem(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Pipeline {Pipeline}: the database works again")]
    private partial void LogWorksAgain(string pipeline);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: nothing could be written for long; {Deliveries} batches go back to their queue until the database works")]
    private partial void LogReleased(string pipeline, int deliveries);

    [LoggerMessage(Level = LogLevel.Error, Message = "Pipeline {Pipeline}: the writer failed on batch {BatchId} alone")]
    private partial void LogThrew(Exception failure, string pipeline, Guid batchId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Pipeline {Pipeline}: batch {BatchId} goes aside: {Reason}")]
    private partial void LogBuried(string pipeline, Guid batchId, string reason);
}
