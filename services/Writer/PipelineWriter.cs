using System.Runtime.ExceptionServices;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Microsoft.Extensions.Logging;

namespace Ingest.Writer;

/// <summary>
/// Writes one pipeline's row batches: as many in a transaction as are there when the last one is done, and a full
/// transaction beside it where so many wait meanwhile. They are acknowledged after their own commit, and after those
/// who listen have heard of it.
/// </summary>
/// <remarks>One loop takes, begins and settles; only the commits themselves run beside it.</remarks>
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

    /// <summary>After two transactions got in each other's way so many follow one another.</summary>
    private const int OneByOne = 16;

    /// <summary>When a batch that another session is writing is tried again.</summary>
    private static readonly TimeSpan BlockedFor = TimeSpan.FromSeconds(10);

    /// <summary>When it is looked again whether another writer has written what a batch waits for.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(500);

    private readonly SourceOrder? _order = pipeline is { OnDuplicate: OnDuplicate.Update, Key.Count: > 0 }
        ? new SourceOrder(pipeline.Name, store, options, time, logger)
        : null;

    private readonly int _prefetch = Prefetch.Messages(options.PrefetchBytes, Math.Max(LineBatch.LongestBytes, pipeline.MaxLineBytes));
    private readonly TransactionLimit _limit = new(options);
    private readonly HeldBatches _held = new();
    private readonly List<WriterTransaction> _underWay = [];
    private TimeSpan _look = FirstLook;
    private int _oneByOne;
    private bool _aloneIsNext;
    private bool _prepared;

    /// <summary>Where a later row replaces an earlier one, transactions follow one another.</summary>
    private int MostUnderWay => _order is null && store.WritesInParallel && _oneByOne == 0 ? options.Connections : 1;

    /// <param name="stopping">Ends the work; the transactions at hand are finished.</param>
    /// <param name="aborting">Ends those, too.</param>
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

                NoteSuccess();
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
        await using var arrivals = new Arrivals(queues.CreateReceiver<RowBatch>(pipeline.Name, _prefetch), stopping);
        try
        {
            while (!stopping.IsCancellationRequested && !outage.IsLong)
            {
                await TakeAsync(arrivals);
                if (await TryAsync(() => GoOnAsync(arrivals, stopping, aborting), stopping))
                    await WaitAsync(arrivals, stopping);
            }

            if (!outage.IsLong)
                return;
            LogReleased(pipeline.Name, _held.Count());
            outage.Restart();
            _prepared = false;
        }
        finally
        {
            // Transactions read the memory of what they write.
            await EndAllAsync();
            if (await arrivals.EndAsync() is { } last)
                _held.Add(last);
            await _held.RequeueAllAsync();
            _order?.Clear();
        }
    }

    /// <summary>A database that is away or refuses is never a reason to drop or reject a row.</summary>
    /// <returns>False when it was, after the wait that is due then.</returns>
    private async Task<bool> TryAsync(Func<Task> work, CancellationToken stopping)
    {
        try
        {
            await work();
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

    private void NoteSuccess()
    {
        if (outage.End())
            LogWorksAgain(pipeline.Name);
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (!_prepared)
            await store.PrepareAsync(cancellationToken);
        _prepared = true;
    }

    /// <summary>What has come, as far as it fits into the next transaction.</summary>
    private async ValueTask TakeAsync(Arrivals arrivals)
    {
        var next = new TransactionSize(_limit);
        foreach (var batch in Ready())
            next.Add(batch.Batch);
        while (!next.IsFull && await arrivals.TryTakeAsync() is { } delivery)
        {
            var held = _held.Add(delivery);
            if (held is { IsUnderWay: false, Copies.Count: 1 })
                next.Add(held.Batch);
        }
    }

    /// <summary>Ends what is done and begins what may begin.</summary>
    private async Task GoOnAsync(Arrivals arrivals, CancellationToken stopping, CancellationToken aborting)
    {
        await SettleDoneAsync(stopping, aborting);
        if (_held.Any(b => !b.IsUnderWay && !IsBlocked(b)))
            await PrepareAsync(aborting);
        while (await NextAsync(arrivals, stopping) is { Length: > 0 } next)
            Begin(next, stopping, aborting);
    }

    /// <summary>Waits for a delivery, for the end of a transaction, or until something held is to be looked at again.</summary>
    private async Task WaitAsync(Arrivals arrivals, CancellationToken stopping)
    {
        var due = _underWay.Count == 0 && _held.Any(b => b.IsEarly) ? _look
            : _held.Any(b => b.BlockedSince is not null) ? BlockedFor
            : Timeout.InfiniteTimeSpan;
        using var waiting = new CancellationTokenSource();
        var looking = Task.Delay(due, time, waiting.Token);
        List<Task> events = [looking, .. _underWay.Select(t => t.Done)];
        if (!TransactionSize.IsFullWith(_limit, Ready().Select(b => b.Batch)) && !HoldsSuspect())
            events.Add(arrivals.Next);
        await Task.WhenAny(events);
        if (looking.IsCompleted)
            _look = TimeSpan.FromTicks(Math.Min(_look.Ticks * 2, LongestLook.Ticks));
        waiting.Cancel();
    }

    /// <summary>What the next transactions may write.</summary>
    private IEnumerable<HeldBatch> Ready() => _held.Where(b => b is { IsUnderWay: false, IsEarly: false } && !IsBlocked(b));

    /// <summary>While a suspect is at hand, nothing else is taken.</summary>
    private bool HoldsSuspect() => _held.Any(b => b is { IsSuspect: true, IsEarly: false } && !IsBlocked(b));

    /// <summary>
    /// What a transaction may take that begins now, in order: all that is there when none is under way, and a full
    /// one's batches beside others. A batch that may kill its consumers, and one on which the writer threw, has a
    /// transaction to itself, beside which there is none.
    /// </summary>
    private async Task<HeldBatch[]> NextAsync(Arrivals arrivals, CancellationToken cancellationToken)
    {
        if (_underWay.Count >= MostUnderWay || _underWay.Exists(t => t.IsAlone))
            return [];
        var ready = await OrderAsync([.. _held.Where(b => !b.IsUnderWay && !IsBlocked(b))], arrivals, cancellationToken);
        var together = TransactionSize.Fill(_limit, ready.Where(b => !b.IsAlone), out var isFull);
        var behind = _order is null ? [] : SourceOrder.Sharing(ready.Select(b => b.Batch), together.Select(b => b.Batch)).Select(b => b.Id).ToHashSet();
        var alone = ready.Where(b => b.IsAlone && !behind.Contains(b.Id)).MinBy(b => b.Throws);
        if (alone is not null && (_aloneIsNext || together.Count == 0))
            return _underWay.Count == 0 ? [alone] : [];
        return isFull || _underWay.Count == 0 ? [.. together] : [];
    }

    /// <summary>Those that may be written, in the order in which their rows count.</summary>
    private async Task<IReadOnlyList<HeldBatch>> OrderAsync(HeldBatch[] batches, Arrivals arrivals, CancellationToken cancellationToken)
    {
        if (_order is null)
            return batches;
        var hasRoom = _held.Units < _prefetch && !arrivals.IsFull;
        var next = await _order.NextAsync(batches.Select(b => b.Batch), id => _held[id].IsAlone, hasRoom, cancellationToken);
        foreach (var batch in batches)
            batch.IsEarly = true;
        foreach (var batch in next)
            _held[batch.Id].IsEarly = false;
        return [.. next.Select(b => _held[b.Id])];
    }

    private void Begin(HeldBatch[] batches, CancellationToken stopping, CancellationToken aborting)
    {
        foreach (var batch in batches)
            batch.IsUnderWay = true;
        _aloneIsNext = !batches[0].IsAlone;
        _oneByOne = Math.Max(0, _oneByOne - 1);
        var rows = batches.Select(b => b.Batch);
        var began = time.GetTimestamp();
        var transaction = new WriterTransaction(batches, CommitAsync(
            _order is null ? [.. SourceOrder.BySource(rows)] : [.. rows], batches is [{ IsSuspect: true }], stopping, aborting))
        {
            Began = began,
            IsFull = TransactionSize.IsFullWith(_limit, rows),
        };
        _underWay.Add(transaction);
    }

    /// <summary>Runs beside the other transactions, and touches nothing that they share.</summary>
    private async Task<IReadOnlyList<CommittedBatch>> CommitAsync(
        RowBatch[] batches, bool alone, CancellationToken stopping, CancellationToken aborting)
    {
        // Held for one attempt: a database that is away must not keep others waiting.
        using var place = await isolation.EnterAsync(alone, stopping);
        return await store.CommitAsync(batches, aborting);
    }

    /// <summary>Settles the transactions that are done; where the database failed one, all others too, when they are done.</summary>
    /// <exception cref="StoreAwayException">The database was away for one of them.</exception>
    /// <exception cref="StoreRefusedException">The database refused one of them.</exception>
    private async Task SettleDoneAsync(CancellationToken stopping, CancellationToken aborting)
    {
        Exception? failure = null;
        while (_underWay.Find(t => failure is not null || t.Done.IsCompleted) is { } transaction)
        {
            try
            {
                await SettleAsync(transaction, stopping, aborting);
            }
            catch (Exception outside) when (outside is StoreAwayException or StoreRefusedException)
            {
                failure ??= outside;
            }
        }

        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>After what ends the work: what was written is acknowledged, and nothing is doubted.</summary>
    private async Task EndAllAsync()
    {
        while (_underWay is [var transaction, ..])
        {
            _underWay.Remove(transaction);
            try
            {
                await AcknowledgeAsync(transaction.Batches, await transaction.Done);
            }
            catch (Exception failure)
            {
                // It goes back, and whoever gets it next finds the same.
                LogUnfinished(failure, pipeline.Name, transaction.Batches.Count);
            }
        }
    }

    private async Task SettleAsync(WriterTransaction transaction, CancellationToken stopping, CancellationToken aborting)
    {
        IReadOnlyList<CommittedBatch> committed;
        try
        {
            committed = await transaction.Done;
        }
        catch (TransactionsCollidedException collided)
        {
            LogCollided(pipeline.Name, collided.Message);
            _oneByOne = OneByOne;
            return;
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
                await BuryAsync(_held[id], unfit.Message);
            return;
        }
        catch (Exception unforeseen) when (!IsOutside(unforeseen, stopping, aborting))
        {
            await DoubtAsync(transaction.Batches, unforeseen);
            return;
        }
        finally
        {
            _underWay.Remove(transaction);
            foreach (var batch in transaction.Batches)
                batch.IsUnderWay = false;
        }

        NoteSuccess();
        _limit.Note(transaction.IsFull, time.GetElapsedTime(transaction.Began));
        await AcknowledgeAsync(transaction.Batches, committed);
    }

    private async Task AcknowledgeAsync(IReadOnlyList<HeldBatch> batches, IReadOnlyList<CommittedBatch> committed)
    {
        foreach (var batch in committed)
        {
            foreach (var listener in listeners)
                listener.Committed(pipeline.Name, batch);
        }

        var done = committed.Select(c => c.Id).ToHashSet();
        foreach (var batch in batches)
        {
            if (!done.Contains(batch.Id))
                batch.BlockedSince = time.GetTimestamp();
            else
                await SettleAsync(batch, delivery => delivery.AcknowledgeAsync());
        }
    }

    /// <summary>
    /// An exception that names no cause: each batch is written alone. The one that fails alone has two more tries, and
    /// then goes aside.
    /// </summary>
    private async Task DoubtAsync(IReadOnlyList<HeldBatch> batches, Exception unforeseen)
    {
        foreach (var batch in batches)
            batch.IsDoubtful = true;
        if (batches is not [var culprit])
            return;
        LogThrew(unforeseen, pipeline.Name, culprit.Id);
        if (++culprit.Throws >= MostThrows)
            await BuryAsync(culprit, $"The writer failed on it {MostThrows} times: {unforeseen.GetType().Name}: {unforeseen.Message}");
    }

    private async Task BuryAsync(HeldBatch batch, string reason)
    {
        LogBuried(pipeline.Name, batch.Id, reason);
        _order?.Pass(batch.Batch);
        await SettleAsync(batch, delivery => delivery.BuryAsync(reason));
    }

    private async Task SettleAsync(HeldBatch batch, Func<Delivery<RowBatch>, ValueTask> settle)
    {
        await _held.SettleAsync(batch, settle);
        // What waited for it is looked at again.
        foreach (var other in _held)
            other.IsEarly = false;
        _look = FirstLook;
    }

    private bool IsBlocked(HeldBatch batch) => batch.BlockedSince is { } since && time.GetElapsedTime(since) < BlockedFor;

    /// <summary>What says nothing of the batch; whoever lacks memory is not to judge.</summary>
    private static bool IsOutside(Exception failure, CancellationToken stopping, CancellationToken aborting) =>
        failure is StoreAwayException or OutOfMemoryException
        || (failure is OperationCanceledException && (stopping.IsCancellationRequested || aborting.IsCancellationRequested));
}
