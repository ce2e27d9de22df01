using Ingest.Gateway.Framing;
using Ingest.Gateway.Receipts;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;

namespace Ingest.Gateway.Sources;

/// <summary>
/// Gathers the small batches of a pipeline's live sources into one: ten thousand sources of a line a second cost the
/// queues no more than one of ten thousand lines. What comes goes on at once while the last of them is safe, otherwise
/// with all that comes until that one is safe, or the linger time is over, or the batch is full.
/// </summary>
/// <remarks>
/// Whoever comes first leads: it waits, and sends for all. One leader at a time passes its batch on, and while the open
/// one is full those who come wait: two are held at most, however many sources there are.
/// </remarks>
/// <param name="pipeline">Whose lines they are.</param>
/// <param name="publisher">Where the batches go.</param>
/// <param name="commits">Where they are noted before they go, or null.</param>
/// <param name="linger">How long a batch may wait for others.</param>
/// <param name="time">The clock.</param>
internal sealed class SharedBatches(
    PipelineDefinition pipeline, BatchPublisher<LineBatch> publisher, CommitTally? commits, TimeSpan linger, TimeProvider time)
{
    /// <summary>What is longer is worth a message of its own.</summary>
    public const int LongestShare = 32 * 1024;

    private readonly Lock _lock = new();
    private readonly ByteBudget _passing = new(1);
    private Gathering? _open;
    private volatile Task _last = Task.CompletedTask;

    /// <summary>Whether the batch is one to be shared.</summary>
    public static bool Takes(LineBatch batch) => !batch.Replayable && batch.Rejects.Count == 0 && batch.Lines.Length <= LongestShare;

    /// <summary>
    /// Takes the batch over, and completes when there is room for it. The task that it returns completes when the batch
    /// is safe.
    /// </summary>
    /// <param name="batch">A live source's.</param>
    /// <param name="tally">The source's, or null.</param>
    /// <param name="aborting">Gives up, for all sources alike.</param>
    public async ValueTask<Task> PublishAsync(LineBatch batch, SourceTally? tally, CancellationToken aborting)
    {
        var (gathering, leads) = await JoinAsync(batch, tally, aborting);
        if (leads)
            await LeadAsync(gathering, aborting);
        return gathering.Safe;
    }

    private async ValueTask<(Gathering Gathering, bool Leads)> JoinAsync(LineBatch batch, SourceTally? tally, CancellationToken aborting)
    {
        while (true)
        {
            Gathering full;
            lock (_lock)
            {
                if (_open is null)
                {
                    _open = new Gathering(pipeline, batch, tally);
                    return (_open, true);
                }

                if (_open.TryAdd(batch, tally))
                    return (_open, false);
                full = _open;
            }

            try
            {
                await full.Closed.HereAsync().WaitAsync(aborting);
            }
            catch
            {
                batch.Dispose();
                throw;
            }
        }
    }

    private async Task LeadAsync(Gathering gathering, CancellationToken aborting)
    {
        try
        {
            await AwaitOthersAsync(gathering);
            await _passing.AcquireAsync(1, aborting);
            try
            {
                var batch = Close(gathering);
                if (commits is not null && gathering.Tallies.Count > 0)
                    await commits.AddAsync(gathering.Tallies, batch.Id, aborting);
                _last = await publisher.PublishAsync(batch, aborting);
                gathering.Passed(_last);
            }
            finally
            {
                _passing.Release(1);
            }
        }
        catch (Exception failure)
        {
            Close(gathering).Dispose();
            gathering.Failed(failure);
        }
    }

    /// <summary>Whatever becomes of the last batch, its own sources hear of it.</summary>
    private async Task AwaitOthersAsync(Gathering gathering)
    {
        if (_last.IsCompleted)
            return;
        using var waiting = new CancellationTokenSource();
        await Task.WhenAny(_last, gathering.Full.HereAsync(), Task.Delay(linger, time, waiting.Token));
        waiting.Cancel();
    }

    /// <summary>Nobody joins it from here on.</summary>
    private LineBatch Close(Gathering gathering)
    {
        lock (_lock)
        {
            if (_open == gathering)
                _open = null;
        }

        return gathering.Close();
    }

    /// <summary>The batches that become one. Guarded by the lock while it is open, then its leader's.</summary>
    private sealed class Gathering
    {
        /// <summary>What one batch carries of sources' names and places besides its lines.</summary>
        private const int MostBatches = 1_024;

        private readonly int _mostLines;
        private readonly List<LineBatch> _batches = [];
        private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<Task> _passed = new();
        private LineBatch? _joined;
        private int _length;
        private int _lines;

        public Gathering(PipelineDefinition pipeline, LineBatch first, SourceTally? tally)
        {
            _mostLines = LinesPerBatch.Of(pipeline);
            Safe = _passed.Task.Unwrap();
            Add(first, tally);
        }

        public HashSet<SourceTally> Tallies { get; } = [];

        public Task Full => _full.Task;

        public Task Closed => _closed.Task;

        /// <summary>Completes when all of it is safe.</summary>
        public Task Safe { get; }

        /// <summary>False when it has no room for the batch.</summary>
        public bool TryAdd(LineBatch batch, SourceTally? tally)
        {
            if (_batches.Count == MostBatches || _length + batch.Lines.Length > LineBatchBuilder.CutBytes || _lines + Left(batch) > _mostLines)
            {
                _full.TrySetResult();
                return false;
            }

            Add(batch, tally);
            return true;
        }

        /// <summary>The one batch, which belongs to whoever closes first; nobody may add any more.</summary>
        public LineBatch Close()
        {
            _closed.TrySetResult();
            return _joined ??= _batches is [var only] ? only : Join();
        }

        public void Passed(Task safe) => _passed.SetResult(safe);

        public void Failed(Exception failure) => _passed.SetException(failure);

        private void Add(LineBatch batch, SourceTally? tally)
        {
            _batches.Add(batch);
            _length += batch.Lines.Length;
            _lines += Left(batch);
            if (tally is not null)
                Tallies.Add(tally);
        }

        private LineBatch Join()
        {
            var owner = PooledMemory.Rent(_length);
            var end = 0;
            foreach (var batch in _batches)
            {
                batch.Lines.Span.CopyTo(owner.Array.AsSpan(end));
                end += batch.Lines.Length;
                batch.Dispose();
            }

            return new LineBatch
            {
                Id = _batches[0].Id,
                Pipeline = _batches[0].Pipeline,
                Definition = _batches[0].Definition,
                Segments = [.. _batches.SelectMany(b => b.Segments)],
                Ends = [.. _batches.SelectMany(b => b.Ends)],
                Lines = owner.Memory,
            }.Owning(owner);
        }

        /// <summary>Lines that may become rows.</summary>
        private static int Left(LineBatch batch) => batch.Segments.Sum(s => s.Lines - s.Filtered);
    }
}
