using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.TestSupport;
using Ingest.Writer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Writer;

/// <summary>Transactions side by side, over a store whose commits end when the test says so; each batch fills one.</summary>
public sealed class ParallelWritingTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly PipelineDefinition Ignoring = Definitions.Parse("pipeline: p\ntable: t\nkey: a\ncolumns:\n  a: integer");
    private static readonly PipelineDefinition Updating = Definitions.Parse("pipeline: p\ntable: t\nkey: a\non_duplicate: update\ncolumns:\n  a: integer");

    private readonly ScriptedQueue _queue = new();
    private readonly FakeTimeProvider _time = new();
    private readonly StageHealth _health = new();
    private readonly GatedStore _store;
    private WriterWorker? _worker;

    public ParallelWritingTests() => _store = new GatedStore(_queue);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_transaction_is_written_while_the_last_one_commits_and_each_is_acknowledged_after_its_own()
    {
        Put("a", "b");
        await StartAsync(Ignoring);
        await LoggedAsync("begin a", "begin b");
        _store.Commit("b");
        await LoggedAsync("begin a", "begin b", "ack b");
        _store.Commit("a");
        await LoggedAsync("begin a", "begin b", "ack b", "ack a");
    }

    [Fact]
    public async Task A_transaction_that_is_not_full_waits_for_the_last_one()
    {
        Put("a");
        await StartAsync(Ignoring);
        await LoggedAsync("begin a");
        _queue.Put(Batch("small", rows: 0));
        Put("b");
        await LoggedAsync("begin a", "begin small b");
        _queue.Put(Batch("late", rows: 0));
        _store.Commit("small b");
        await LoggedAsync("begin a", "begin small b", "ack small", "ack b");
        _store.Commit("a");
        await LoggedAsync("begin a", "begin small b", "ack small", "ack b", "ack a", "begin late");
    }

    [Fact]
    public async Task No_more_transactions_are_under_way_than_there_may_be_connections()
    {
        Put("a", "b", "c", "d");
        await StartAsync(Ignoring, connections: 3);
        await LoggedAsync("begin a", "begin b", "begin c");
        _store.Commit("b");
        await LoggedAsync("begin a", "begin b", "begin c", "ack b", "begin d");
    }

    [Fact]
    public async Task After_a_transaction_that_took_long_the_next_ones_are_smaller_until_they_are_fast()
    {
        await StartAsync(Ignoring, connections: 1, rows: 1_000);
        _queue.Put(Batch("slow", rows: 1_000));
        await LoggedAsync("begin slow");
        for (var i = 1; i <= 8; i++)
            _queue.Put(Batch($"{i}", rows: 500));
        _time.Advance(TransactionLimit.Longest + TimeSpan.FromTicks(1));
        _store.Commit("slow");
        await LoggedAsync("begin slow", "ack slow", "begin 1");
        _store.Commit("1");
        await LoggedAsync("begin slow", "ack slow", "begin 1", "ack 1", "begin 2");
        _store.Commit("2");
        await LoggedAsync("begin slow", "ack slow", "begin 1", "ack 1", "begin 2", "ack 2", "begin 3 4");
    }

    [Fact]
    public async Task Updates_are_written_one_transaction_after_the_other()
    {
        Put("a", "b");
        await StartAsync(Updating);
        await LoggedAsync("begin a");
        _store.Commit("a");
        await LoggedAsync("begin a", "ack a", "begin b");
    }

    [Fact]
    public async Task A_copy_of_a_batch_that_is_under_way_waits_for_it()
    {
        var twice = Batch("twice");
        _queue.Put(twice);
        _queue.Put(twice);
        Put("b");
        await StartAsync(Ignoring);
        await LoggedAsync("begin twice", "begin b");
        _store.Commit("twice");
        await LoggedAsync("begin twice", "begin b", "ack twice", "ack twice");
    }

    [Fact]
    public async Task A_commit_without_an_answer_is_tried_again_and_the_one_beside_it_is_acknowledged()
    {
        Put("a", "b");
        await StartAsync(Ignoring);
        await LoggedAsync("begin a", "begin b");
        _store.Fail("a", new StoreAwayException("the connection was lost"));
        _store.Commit("b");
        await Eventually.HoldsAsync(() => Advanced(() => _queue.Log.Length >= 4), Deadline, Show);
        await LoggedAsync("begin a", "begin b", "ack b", "begin a");
        _store.Commit("a");
        await LoggedAsync("begin a", "begin b", "ack b", "begin a", "ack a");
        Assert.Empty(_health.Problems);
    }

    [Fact]
    public async Task Transactions_that_collide_follow_one_another()
    {
        Put("a", "b");
        await StartAsync(Ignoring);
        await LoggedAsync("begin a", "begin b");
        _store.Fail("b", new TransactionsCollidedException("deadlock detected"));
        _store.Commit("a");
        await LoggedAsync("begin a", "begin b", "ack a", "begin b");
        Put("c", "d");
        _store.Commit("b");
        await LoggedAsync("begin a", "begin b", "ack a", "begin b", "ack b", "begin c");
        _store.Commit("c");
        await LoggedAsync("begin a", "begin b", "ack a", "begin b", "ack b", "begin c", "ack c", "begin d");
        Assert.Empty(_health.Problems);
    }

    [Fact]
    public async Task A_suspect_has_no_transaction_beside_it()
    {
        Put("a");
        _queue.Put(Batch("suspect"), suspect: true);
        Put("b");
        await StartAsync(Ignoring);
        await LoggedAsync("begin a");
        _store.Commit("a");
        await LoggedAsync("begin a", "ack a", "begin suspect");
        _store.Commit("suspect");
        await LoggedAsync("begin a", "ack a", "begin suspect", "ack suspect", "begin b");
    }

    [Fact]
    public async Task A_stop_waits_for_all_that_are_under_way()
    {
        Put("a", "b");
        await StartAsync(Ignoring);
        await LoggedAsync("begin a", "begin b");
        var stopping = _worker!.StopAsync(Token);
        Assert.False(stopping.IsCompleted);
        _store.Commit("b");
        _store.Commit("a");
        await stopping.WaitAsync(Deadline, Token);
        Assert.Equal(["ack a", "ack b", "begin a", "begin b", "stop"], _queue.Log.Order());
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is null)
            return;
        _store.CommitAll();
        await _worker.StopAsync(CancellationToken.None);
        _worker.Dispose();
    }

    private Task StartAsync(PipelineDefinition pipeline, int connections = 2, int rows = 1)
    {
        _worker = new WriterWorker(
            new PipelineCatalog([pipeline]),
            _queue,
            _store,
            [],
            _health,
            new Isolation(),
            Options.Create(new WriterOptions { MaxTransactionRows = rows, Connections = connections }),
            _time,
            new Random(1),
            NullLogger<WriterWorker>.Instance);
        return _worker.StartAsync(Token);
    }

    private void Put(params string[] names)
    {
        foreach (var name in names)
            _queue.Put(Batch(name));
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

    private static RowBatch Batch(string name, int rows = 1) => new()
    {
        Id = Guid.CreateVersion7(),
        Pipeline = "p",
        Definition = Ignoring.Version,
        Columns = [new RowColumn("a", ColumnType.Integer)],
        Segments = [new Segment { SourceId = Guid.NewGuid(), Source = name, FirstLine = 1, NextLine = 1, ByteOffset = 0, ByteLength = 0, Lines = 0 }],
        RowLines = [.. Enumerable.Range(1, rows)],
    };

    /// <summary>Commits when it is told to.</summary>
    private sealed class GatedStore(ScriptedQueue queue) : IRowStores, IRowStore
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, TaskCompletionSource> _underWay = [];
        private bool _open;

        public bool WritesInParallel => true;

        public IRowStore Create(PipelineDefinition pipeline) => this;

        public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
        {
            var name = string.Join(' ', batches.Select(b => b.Segments[0].Source));
            var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                if (_open)
                    gate.SetResult();
                _underWay[name] = gate;
            }

            queue.Note($"begin {name}");
            await gate.Task;
            return [.. batches.Select(b => CommittedBatch.Of(b.Id, false, []))];
        }

        public void Commit(string name) => Take(name).SetResult();

        public void Fail(string name, Exception failure) => Take(name).SetException(failure);

        public void CommitAll()
        {
            lock (_lock)
            {
                _open = true;
                foreach (var gate in _underWay.Values)
                    gate.TrySetResult();
            }
        }

        public Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<SourcePlace>>([]);

        public Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private TaskCompletionSource Take(string name)
        {
            lock (_lock)
            {
                _underWay.Remove(name, out var gate);
                return gate!;
            }
        }
    }
}
