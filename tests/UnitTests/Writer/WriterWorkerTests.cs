using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.TestSupport;
using Ingest.Writer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Writer;

public sealed class WriterWorkerTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly PipelineDefinition Definition = Definitions.Parse("pipeline: p\ntable: t\ncolumns:\n  a: integer");

    private readonly ScriptedQueue _queue = new();
    private readonly FakeTimeProvider _time = new();
    private readonly StageHealth _health = new();
    private readonly ScriptedStore _store;
    private readonly WriterWorker _worker;

    public WriterWorkerTests()
    {
        _store = new ScriptedStore(_queue);
        _worker = new WriterWorker(
            new PipelineCatalog([Definition]),
            _queue,
            _store,
            [new Listener(_queue)],
            _health,
            new Isolation(),
            Options.Create(new WriterOptions()),
            _time,
            new Random(1),
            NullLogger<WriterWorker>.Instance);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Listeners_hear_of_a_commit_before_it_is_acknowledged()
    {
        var twice = Batch("twice");
        _queue.Put(twice);
        _queue.Put(twice);
        _queue.Put(Batch("once"));
        await _worker.StartAsync(Token);
        await LoggedAsync("commit twice once", "heard twice", "heard once", "ack twice", "ack twice", "ack once");
    }

    [Fact]
    public async Task A_batch_that_the_writer_throws_on_goes_aside_and_the_others_are_written()
    {
        _store.Throws.Add("bad");
        _queue.Put(Batch("good"));
        _queue.Put(Batch("bad"));
        _queue.Put(Batch("better"));
        await _worker.StartAsync(Token);
        await LoggedAsync(
            "commit good bad better", "commit good", "heard good", "ack good", "commit bad", "commit better", "heard better", "ack better",
            "commit bad", "commit bad", "bury bad: The writer failed on it 3 times: InvalidTimeZoneException: bad");
        _queue.Put(Batch("later"));
        await Eventually.HoldsAsync(() => _queue.Log.Contains("ack later"), Deadline, Show);
    }

    [Fact]
    public async Task Memory_that_runs_out_buries_nothing()
    {
        _store.OutOfMemory = true;
        _queue.Put(Batch("good"));
        await _worker.StartAsync(Token);
        await Assert.ThrowsAnyAsync<OutOfMemoryException>(() => _worker.ExecuteTask!.WaitAsync(Deadline, Token));
        Assert.Equal(["commit good", "stop", "requeue good"], _queue.Log);
    }

    [Fact]
    public async Task A_suspect_has_a_transaction_and_the_process_to_itself()
    {
        _queue.Put(Batch("a"));
        _queue.Put(Batch("suspect"), suspect: true);
        _queue.Put(Batch("b"));
        await _worker.StartAsync(Token);
        await LoggedAsync("commit a b", "heard a", "heard b", "ack a", "ack b", "commit suspect", "heard suspect", "ack suspect");
    }

    [Fact]
    public async Task A_batch_that_fits_the_table_no_longer_goes_aside()
    {
        _store.Unfit.Add("old");
        _queue.Put(Batch("old"));
        _queue.Put(Batch("new"));
        await _worker.StartAsync(Token);
        await LoggedAsync("commit old new", "bury old: unfit", "commit new", "heard new", "ack new");
    }

    [Fact]
    public async Task A_batch_that_another_session_holds_waits_and_the_others_go_on()
    {
        _store.HeldBack.Add("held");
        _queue.Put(Batch("held"));
        _queue.Put(Batch("free"));
        await _worker.StartAsync(Token);
        await LoggedAsync("commit held free", "heard free", "ack free");
        _queue.Put(Batch("next"));
        await Eventually.HoldsAsync(() => _queue.Log.Contains("ack next"), Deadline, Show);
        Assert.Contains("commit next", _queue.Log);
        _store.HeldBack.Clear();
        await Eventually.HoldsAsync(() => Advanced(() => _queue.Log.Contains("ack held")), Deadline, Show);
    }

    [Fact]
    public async Task A_pipeline_that_cannot_write_for_ten_minutes_holds_nothing_until_it_can()
    {
        _queue.Put(Batch("a"));
        _store.Away = true;
        var start = _time.GetUtcNow();
        await _worker.StartAsync(Token);
        await Eventually.HoldsAsync(
            () => Advanced(() =>
            {
                // Once there is an outage the table cannot be looked at either.
                _store.PrepareWorks = _health.Problems.Count == 0;
                return _queue.Log.Contains("requeue a");
            }),
            Deadline,
            Show);
        Assert.True(_time.GetUtcNow() - start >= TimeSpan.FromMinutes(10));
        Assert.Equal(1, _queue.Receivers);
        Assert.Equal(["stop", "requeue a"], _queue.Log);
        Assert.Single(_health.Problems);

        (_store.Away, _store.PrepareWorks) = (false, true);
        await Eventually.HoldsAsync(() => Advanced(() => _queue.Log.Contains("ack a")), Deadline, Show);
        Assert.Equal(2, _queue.Receivers);
        Assert.Empty(_health.Problems);
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.StopAsync(CancellationToken.None);
        _worker.Dispose();
    }

    private bool Advanced(Func<bool> condition)
    {
        if (condition())
            return true;
        _time.Advance(TimeSpan.FromSeconds(30));
        return false;
    }

    private Task LoggedAsync(params string[] expected) =>
        Eventually.HoldsAsync(() => _queue.Log.SequenceEqual(expected), Deadline, Show);

    private string Show() => string.Join("\n", _queue.Log);

    private static RowBatch Batch(string name) => new()
    {
        Id = Guid.CreateVersion7(),
        Pipeline = "p",
        Definition = Definition.Version,
        Columns = [new RowColumn("a", ColumnType.Integer)],
        Segments = [new Segment { SourceId = Guid.NewGuid(), Source = name, FirstLine = 1, NextLine = 1, ByteOffset = 0, ByteLength = 0, Lines = 0 }],
        RowLines = [],
    };

    private sealed class Listener(ScriptedQueue queue) : ICommitListener
    {
        public void Committed(string pipeline, CommittedBatch batch) => queue.Note($"heard {ScriptedStore.Names[batch.Id]}");
    }

    private sealed class ScriptedStore(ScriptedQueue queue) : IRowStores, IRowStore
    {
        public static readonly System.Collections.Concurrent.ConcurrentDictionary<Guid, string> Names = new();

        public HashSet<string> Throws { get; } = [];

        public HashSet<string> Unfit { get; } = [];

        public HashSet<string> HeldBack { get; } = [];

        public bool OutOfMemory { get; set; }

        public bool Away { get; set; }

        public bool PrepareWorks { get; set; } = true;

        public IRowStore Create(PipelineDefinition pipeline) => this;

        public Task PrepareAsync(CancellationToken cancellationToken) =>
            PrepareWorks ? Task.CompletedTask : throw new StoreAwayException("gone");

        public Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
        {
            foreach (var batch in batches)
                Names[batch.Id] = batch.Segments[0].Source;
            var names = batches.Select(b => b.Segments[0].Source).ToArray();
            if (Away)
                throw new StoreAwayException("gone");

            queue.Note($"commit {string.Join(' ', names)}");
            if (OutOfMemory)
                throw new NoMemoryException();
            if (names.Any(Throws.Contains))
                throw new InvalidTimeZoneException("bad");
            if (names.Any(Unfit.Contains))
                throw new BatchesUnfitException("unfit", [.. batches.Where(b => Unfit.Contains(b.Segments[0].Source)).Select(b => b.Id)]);
            return Task.FromResult<IReadOnlyList<CommittedBatch>>(
                [.. batches.Where(b => !HeldBack.Contains(b.Segments[0].Source)).Select(b => CommittedBatch.Of(b.Id, false, []))]);
        }

        public Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class NoMemoryException : OutOfMemoryException;
}
