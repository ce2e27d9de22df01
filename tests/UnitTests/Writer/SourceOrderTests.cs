using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.TestSupport;
using Ingest.Writer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Writer;

public sealed class SourceOrderTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly Guid Source = Guid.NewGuid();

    private readonly ScriptedQueue _queue = new();
    private readonly FakeTimeProvider _time = new();
    private readonly OrderedStore _store;
    private WriterWorker? _worker;

    public SourceOrderTests() => _store = new OrderedStore(_queue);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Batches_of_a_source_that_come_in_reverse_are_written_in_its_order()
    {
        await StartAsync("update");
        _queue.Put(Batch("c", 20));
        _queue.Put(Batch("b", 10));
        await _store.AskedAsync();
        Assert.Empty(_queue.Log);
        _queue.Put(Batch("other", 0, Guid.NewGuid()));
        await LoggedAsync("commit other", "ack other");
        _queue.Put(Batch("a", 0));
        await LoggedAsync("commit other", "ack other", "commit a b c", "ack a", "ack b", "ack c");
    }

    [Fact]
    public async Task A_batch_goes_on_when_another_writer_has_written_what_it_waits_for()
    {
        await StartAsync("update");
        _queue.Put(Batch("b", 10));
        await _store.AskedAsync();
        Assert.Empty(_queue.Log);
        _store.Written(new SourcePlace(Source, 10));
        await EventuallyAsync(TimeSpan.FromMilliseconds(500), "commit b", "ack b");
        Assert.True(_time.GetUtcNow() - _time.Start < TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_batch_before_it_that_never_comes_is_waited_for_a_minute()
    {
        await StartAsync("update");
        _queue.Put(Batch("c", 20));
        _queue.Put(Batch("b", 10));
        await EventuallyAsync(TimeSpan.FromSeconds(5), "commit b c", "ack b", "ack c");
        Assert.True(_time.GetUtcNow() - _time.Start >= TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Batches_that_leave_no_room_for_the_one_before_them_go_on_soon()
    {
        await StartAsync("update", prefetchMessages: 16);
        for (var i = 16; i >= 1; i--)
            _queue.Put(Batch($"{i}", 10 * i));
        await Eventually.HoldsAsync(() => Advanced(TimeSpan.FromMilliseconds(100), () => _queue.Log.Contains("ack 16")), Deadline, Show);
        Assert.StartsWith("commit 1 2 3 4 5 6", _queue.Log[0], StringComparison.Ordinal);
        Assert.True(_time.GetUtcNow() - _time.Start < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_batch_that_leaves_no_memory_for_the_one_before_it_goes_on_soon()
    {
        await StartAsync("update");
        _queue.IsFull = true;
        _queue.Put(Batch("b", 10));
        await EventuallyAsync(TimeSpan.FromMilliseconds(100), "commit b", "ack b");
        Assert.True(_time.GetUtcNow() - _time.Start < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_batch_waits_on_where_another_one_is_about_to_make_room()
    {
        await StartAsync("update");
        await Eventually.HoldsAsync(() => _queue.Waits == 1, Deadline, Show);
        _queue.Put(Batch("b", 10));
        await Eventually.HoldsAsync(() => _queue.Waits == 2, Deadline, Show);
        _time.Advance(TimeSpan.FromSeconds(3));
        _queue.IsFull = true;
        _queue.Put(Batch("other", 0, Guid.NewGuid()));
        await LoggedAsync("commit other", "ack other");
        _queue.Put(Batch("a", 0));
        await LoggedAsync("commit other", "ack other", "commit a b", "ack a", "ack b");
    }

    [Fact]
    public async Task A_batch_of_many_sources_goes_behind_what_each_of_them_needs()
    {
        // All are there when the writer comes, so that they are one transaction.
        var (one, two) = (Guid.NewGuid(), Guid.NewGuid());
        _queue.Put(Batch("both", (one, 10), (two, 10)));
        _queue.Put(Batch("two", 0, two));
        _queue.Put(Batch("one", 0, one));
        await StartAsync("update");
        await LoggedAsync("commit one two both", "ack one", "ack two", "ack both");
    }

    [Fact]
    public async Task A_batch_with_two_segments_of_a_source_does_not_wait_for_itself()
    {
        await StartAsync("update");
        _queue.Put(Batch("b", (Source, 10), (Guid.NewGuid(), 0), (Source, 20)));
        await _store.AskedAsync();
        Assert.Empty(_queue.Log);
        _queue.Put(Batch("a", 0));
        await LoggedAsync("commit a b", "ack a", "ack b");
        _queue.Put(Batch("c", 30));
        await LoggedAsync("commit a b", "ack a", "ack b", "commit c", "ack c");
    }

    [Fact]
    public async Task Where_the_first_line_of_a_key_counts_nothing_waits()
    {
        await StartAsync("ignore");
        _queue.Put(Batch("b", 10));
        await LoggedAsync("commit b", "ack b");
        Assert.False(_store.WasAsked);
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is null)
            return;
        await _worker.StopAsync(CancellationToken.None);
        _worker.Dispose();
    }

    private async Task StartAsync(string onDuplicate, int prefetchMessages = 256)
    {
        _worker = new WriterWorker(
            new PipelineCatalog([Definitions.Parse($"pipeline: p\ntable: t\nkey: a\non_duplicate: {onDuplicate}\ncolumns:\n  a: integer")]),
            _queue,
            _store,
            [],
            new StageHealth(),
            new Isolation(),
            Options.Create(new WriterOptions { PrefetchBytes = prefetchMessages * 1024L * 1024 }),
            _time,
            new Random(1),
            NullLogger<WriterWorker>.Instance);
        await _worker.StartAsync(Token);
    }

    private Task LoggedAsync(params string[] expected) => Eventually.HoldsAsync(() => _queue.Log.SequenceEqual(expected), Deadline, Show);

    private Task EventuallyAsync(TimeSpan step, params string[] expected) =>
        Eventually.HoldsAsync(() => Advanced(step, () => _queue.Log.SequenceEqual(expected)), Deadline, Show);

    private bool Advanced(TimeSpan step, Func<bool> condition)
    {
        if (condition())
            return true;
        _time.Advance(step);
        return false;
    }

    private string Show() => string.Join("\n", _queue.Log);

    private static RowBatch Batch(string name, long offset, Guid? source = null) => Batch(name, (source ?? Source, offset));

    private static RowBatch Batch(string name, params (Guid Source, long Offset)[] places) => new()
    {
        Id = Guid.CreateVersion7(),
        Pipeline = "p",
        Definition = "d",
        Columns = [new RowColumn("a", ColumnType.Integer)],
        Segments =
        [
            .. places.Select(p => new Segment
            {
                SourceId = p.Source, Source = name, FirstLine = 1 + p.Offset, NextLine = 2 + p.Offset, ByteOffset = p.Offset, ByteLength = 10, Lines = 0,
            }),
        ],
        RowLines = [],
    };

    private sealed class OrderedStore(ScriptedQueue queue) : IRowStores, IRowStore
    {
        private readonly HashSet<SourcePlace> _ends = [];
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool WasAsked => _asked.Task.IsCompleted;

        public Task AskedAsync() => _asked.Task.SoonAsync();

        public void Written(SourcePlace end)
        {
            lock (_ends)
                _ends.Add(end);
        }

        public IRowStore Create(PipelineDefinition pipeline) => this;

        public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
        {
            queue.Note($"commit {string.Join(' ', batches.Select(b => b.Segments[0].Source))}");
            foreach (var segment in batches.SelectMany(b => b.Segments))
                Written(new SourcePlace(segment.SourceId, segment.ByteOffset + segment.ByteLength));
            // What is written needs no memory any more.
            queue.IsFull = false;
            return Task.FromResult<IReadOnlyList<CommittedBatch>>([.. batches.Select(b => CommittedBatch.Of(b.Id, false, []))]);
        }

        public Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            lock (_ends)
                return Task.FromResult<IReadOnlyList<SourcePlace>>([.. places.Where(_ends.Contains)]);
        }

        public Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
