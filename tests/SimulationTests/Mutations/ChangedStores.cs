using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.Writer;

namespace Ingest.SimulationTests.Mutations;

/// <summary>Stores that get their batches changed.</summary>
/// <param name="inner">The stores.</param>
/// <param name="change">What becomes of a batch.</param>
/// <param name="knowsAllEnds">Whether they claim that what lies before any place is written.</param>
internal sealed class ChangedStores(IRowStores inner, Func<RowBatch, RowBatch> change, bool knowsAllEnds = false) : IRowStores
{
    public IRowStore Create(PipelineDefinition pipeline) => new Store(inner.Create(pipeline), change, knowsAllEnds);

    private sealed class Store(IRowStore inner, Func<RowBatch, RowBatch> change, bool knowsAllEnds) : IRowStore
    {
        public bool WritesInParallel => inner.WritesInParallel;

        public Task PrepareAsync(CancellationToken cancellationToken) => inner.PrepareAsync(cancellationToken);

        /// <summary>The writer hears of its batches under the names that it knows.</summary>
        public async Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
        {
            var changed = batches.Select(b => (b.Id, Batch: change(b))).ToList();
            var committed = await inner.CommitAsync([.. changed.Select(c => c.Batch)], cancellationToken);
            return
            [
                .. committed.Select(c =>
                {
                    var place = changed.FindIndex(b => b.Batch.Id == c.Id);
                    var known = c with { Id = changed[place].Id };
                    changed.RemoveAt(place);
                    return known;
                }),
            ];
        }

        public Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
            inner.FindAsync(ids, cancellationToken);

        public Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken) =>
            inner.ReadSourceAsync(sourceId, cancellationToken);

        public Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken) =>
            knowsAllEnds ? Task.FromResult(places) : inner.FindEndsAsync(places, cancellationToken);

        public Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken) =>
            inner.ReadDefinitionsAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

internal static class RowBatchCopies
{
    /// <summary>The same batch, whose memory stays its owner's, under another id.</summary>
    public static RowBatch Under(this RowBatch batch, Guid id) => batch.With(id);

    /// <summary>The same batch, whose memory stays its owner's, with what is not null in place of its own.</summary>
    public static RowBatch With(
        this RowBatch batch, Guid? id = null, IReadOnlyList<Reject>? rejects = null, IReadOnlyList<long>? rowLines = null) => new()
        {
            Id = id ?? batch.Id,
            Pipeline = batch.Pipeline,
            Definition = batch.Definition,
            Columns = batch.Columns,
            Segments = batch.Segments,
            Rejects = rejects ?? batch.Rejects,
            Ends = batch.Ends,
            RowLines = rowLines ?? batch.RowLines,
            Tuples = batch.Tuples,
        };
}
