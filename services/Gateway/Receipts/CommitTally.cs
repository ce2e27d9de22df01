using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Ingest.Messaging;
using Ingest.ServiceDefaults.Control;

namespace Ingest.Gateway.Receipts;

/// <summary>
/// The batches of this gateway whose commit a source waits for, by batch id: a notice may come twice, late or never.
/// How many of a pipeline there are is bounded; past that its sources wait before they send, and those of no other.
/// </summary>
internal sealed class CommitTally(int mostBatches, TimeSpan inquireAfter, TimeProvider time)
{
    /// <summary>A batch may lie in a queue for hours; it is asked for less and less often.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, ByteBudget> _rooms = new();
    private readonly Dictionary<Guid, Waiting> _waiting = [];
    private readonly HashSet<SourceTally> _closed = [];
    private TaskCompletionSource _any = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when some batch is waited for.</summary>
    public Task AnyAsync
    {
        get
        {
            lock (_lock)
                return _any.Task;
        }
    }

    public SourceTally Open(Guid sourceId, string pipeline) => new(sourceId, pipeline, this);

    /// <param name="sources">Sources of one pipeline, at least one: who has lines in the batch.</param>
    /// <param name="batchId">The batch, which is about to be sent.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    public async ValueTask AddAsync(IReadOnlyCollection<SourceTally> sources, Guid batchId, CancellationToken cancellationToken)
    {
        var pipeline = sources.First().Pipeline;
        await RoomOf(pipeline).AcquireAsync(1, cancellationToken);
        lock (_lock)
        {
            foreach (var source in sources)
                source.Outstanding.Add(batchId);
            _waiting.Add(batchId, new Waiting(pipeline, [.. sources], time.GetTimestamp(), inquireAfter));
            _any.TrySetResult();
        }
    }

    /// <summary>A writer has committed the batch.</summary>
    public void Committed(BatchCounts batch) => Settle(batch.BatchId, source => source.Settle(batch));

    /// <summary>The batch is in its dead queue, and nobody will commit it.</summary>
    public void Buried(Guid batchId) => Settle(batchId, source => source.Bury());

    public void Close(SourceTally source)
    {
        lock (_lock)
        {
            _closed.Add(source);
            CompleteIfSettled(source);
        }
    }

    public void Forget(SourceTally source)
    {
        lock (_lock)
        {
            foreach (var batchId in source.Outstanding)
            {
                if (_waiting.TryGetValue(batchId, out var waiting) && waiting.Sources.Remove(source) && waiting.Sources.Count == 0)
                    Remove(batchId);
            }

            source.Outstanding.Clear();
            _closed.Remove(source);
        }
    }

    /// <summary>The batches to ask for again now, by pipeline.</summary>
    public IReadOnlyList<BatchInquiry> TakeOverdue(int mostInOne)
    {
        lock (_lock)
        {
            var overdue = _waiting.Where(w => time.GetElapsedTime(w.Value.Since) >= w.Value.Patience).Select(w => (w.Key, w.Value)).ToList();
            foreach (var (batchId, waiting) in overdue)
            {
                var patience = TimeSpan.FromTicks(Math.Min(waiting.Patience.Ticks * 2, LongestWait.Ticks));
                _waiting[batchId] = waiting with { Since = time.GetTimestamp(), Patience = patience };
            }

            return
            [
                .. overdue.GroupBy(o => o.Value.Pipeline)
                    .SelectMany(pipeline => pipeline.Chunk(mostInOne)
                        .Select(some => new BatchInquiry { Pipeline = pipeline.Key, BatchIds = [.. some.Select(o => o.Key)] })),
            ];
        }
    }

    /// <summary>What to ask for again, whenever it is time to. Sleeps while no source waits.</summary>
    public async IAsyncEnumerable<BatchInquiry> OverdueAsync(int mostInOne, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await AnyAsync.HereAsync().WaitAsync(cancellationToken);
            await Task.Delay(inquireAfter, time, cancellationToken);
            foreach (var inquiry in TakeOverdue(mostInOne))
                yield return inquiry;
        }
    }

    private void Settle(Guid batchId, Action<SourceTally> settle)
    {
        lock (_lock)
        {
            if (!_waiting.TryGetValue(batchId, out var waiting))
                return;
            Remove(batchId);
            foreach (var source in waiting.Sources)
            {
                settle(source);
                source.Outstanding.Remove(batchId);
                CompleteIfSettled(source);
            }
        }
    }

    private ByteBudget RoomOf(string pipeline) => _rooms.GetOrAdd(pipeline, _ => new ByteBudget(mostBatches));

    private void Remove(Guid batchId)
    {
        if (!_waiting.Remove(batchId, out var waiting))
            return;
        RoomOf(waiting.Pipeline).Release(1);
        if (_waiting.Count == 0)
            _any = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private void CompleteIfSettled(SourceTally source)
    {
        if (source.Outstanding.Count == 0 && _closed.Remove(source))
            source.Complete();
    }

    private readonly record struct Waiting(string Pipeline, List<SourceTally> Sources, long Since, TimeSpan Patience);
}
