using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.TestSupport;
using Ingest.Writer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ingest.UnitTests.Writer;

/// <summary>A writer with nothing to write sleeps until something comes.</summary>
public sealed class IdleWriterTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("on_duplicate: update\n")]
    public async Task A_writer_without_batches_sets_no_alarm(string onDuplicate)
    {
        var definition = Definitions.Parse($"pipeline: p\ntable: t\nkey: a\n{onDuplicate}columns:\n  a: integer");
        var (queue, time) = (new ScriptedQueue(), new ObservedTime());
        using var worker = new WriterWorker(
            new PipelineCatalog([definition]),
            queue,
            new Store(),
            [],
            new StageHealth(),
            new Isolation(),
            Options.Create(new WriterOptions()),
            time,
            new Random(1),
            NullLogger<WriterWorker>.Instance);
        await worker.StartAsync(Token);
        await Eventually.HoldsAsync(() => queue.Waits == 1, Deadline, () => "It was to wait for a delivery.");
        await SetNoAlarmAsync();

        // When the second is written, the writer has been idle after the first.
        foreach (var name in new[] { "first", "second" })
        {
            queue.Put(Batch(definition, name));
            await Eventually.HoldsAsync(() => queue.Log.Contains($"ack {name}"), Deadline, () => $"It was to write the {name}.");
        }

        await SetNoAlarmAsync();
        await worker.StopAsync(Token);

        async Task SetNoAlarmAsync()
        {
            while (!time.NobodyWaits)
                Assert.Equal(Timeout.InfiniteTimeSpan, await time.NextWaitAsync());
        }
    }

    private static RowBatch Batch(PipelineDefinition definition, string source) => new()
    {
        Id = Guid.CreateVersion7(),
        Pipeline = "p",
        Definition = definition.Version,
        Columns = [new RowColumn("a", ColumnType.Integer)],
        Segments = [new Segment { SourceId = Guid.NewGuid(), Source = source, FirstLine = 1, NextLine = 1, ByteOffset = 0, ByteLength = 0, Lines = 0 }],
        RowLines = [],
    };

    /// <summary>Commits at once.</summary>
    private sealed class Store : IRowStores, IRowStore
    {
        public IRowStore Create(PipelineDefinition pipeline) => this;

        public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<CommittedBatch>>([.. batches.Select(b => CommittedBatch.Of(b.Id, false, []))]);

        public Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<CommittedBatch>>([]);

        public Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<SourcePlace>>([]);

        public Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
