using Ingest.Messaging;
using Ingest.Pipelines.Definition;

namespace Ingest.Writer;

/// <summary>Where the writer gets its stores from, one for each pipeline.</summary>
internal interface IRowStores
{
    IRowStore Create(PipelineDefinition pipeline);
}

/// <summary>One pipeline's table with its ledger, in one database.</summary>
internal interface IRowStore : IAsyncDisposable
{
    /// <summary>Creates what is missing and checks that the table is what the definition says.</summary>
    /// <exception cref="StoreAwayException">The database is away or busy; later it may work.</exception>
    /// <exception cref="StoreRefusedException">Somebody must change something.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Writes batches with different ids in one transaction, in the order given; those that the ledger knows already
    /// change nothing.
    /// After an exception it is not known whether they are written, and the same batches may be given again.
    /// </summary>
    /// <exception cref="StoreAwayException">The database is away or busy; later it may work.</exception>
    /// <exception cref="StoreRefusedException">Somebody must change something.</exception>
    Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken);
}

/// <summary>The database cannot be used now, which says nothing about the rows.</summary>
internal sealed class StoreAwayException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database refuses, and will until somebody changes something: what, where, what to do.</summary>
internal sealed class StoreRefusedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What became of one batch: <c>Lines = Written + Duplicate + Filtered + Rejected</c>.</summary>
/// <param name="Id">The batch.</param>
/// <param name="Already">True when an earlier delivery wrote it.</param>
/// <param name="Segments">The counts segment by segment, empty when it was there already.</param>
public sealed record CommittedBatch(
    Guid Id, bool Already, long Lines, long Written, long Duplicate, long Filtered, long Rejected, IReadOnlyList<SegmentCounts> Segments)
{
    public static CommittedBatch Of(RowBatch batch, IReadOnlyList<SegmentCounts> segments)
    {
        var lines = batch.Segments.Sum(s => (long)s.Lines);
        var duplicate = segments.Sum(s => s.Duplicate);
        return new CommittedBatch(
            batch.Id,
            Already: false,
            lines,
            batch.Rows - duplicate,
            duplicate,
            batch.Segments.Sum(s => (long)s.Filtered),
            batch.Segments.Sum(s => (long)s.Rejected),
            segments);
    }

    public static CommittedBatch Known(RowBatch batch) =>
        new(batch.Id, Already: true, batch.Segments.Sum(s => (long)s.Lines), 0, 0, 0, 0, []);
}

/// <summary>How many of a segment's rows were written, and how many were there already.</summary>
public readonly record struct SegmentCounts(long Written, long Duplicate);

/// <summary>Hears of every batch that is durably written, after the fact.</summary>
public interface ICommitListener
{
    void Committed(string pipeline, CommittedBatch batch);
}
