using Ingest.Messaging;

namespace Ingest.Writer;

/// <summary>What became of one batch: <c>Lines = Written + Duplicate + Filtered + Rejected</c>.</summary>
/// <param name="Id">The batch.</param>
/// <param name="Already">True when an earlier delivery wrote it.</param>
/// <param name="Segments">The counts segment by segment, empty when only the lines are known.</param>
public sealed record CommittedBatch(
    Guid Id, bool Already, long Lines, long Written, long Duplicate, long Filtered, long Rejected, IReadOnlyList<SegmentCounts> Segments)
{
    public static CommittedBatch Of(Guid id, bool already, IReadOnlyList<SegmentCounts> segments) => new(
        id,
        already,
        segments.Sum(s => s.Lines),
        segments.Sum(s => s.Written),
        segments.Sum(s => s.Duplicate),
        segments.Sum(s => s.Filtered),
        segments.Sum(s => s.Rejected),
        segments);

    /// <summary>A batch that was there already: its lines, and not what became of them then.</summary>
    public static CommittedBatch Known(RowBatch batch) =>
        new(batch.Id, Already: true, batch.Segments.Sum(s => (long)s.Lines), 0, 0, 0, 0, []);
}

/// <summary>What became of one segment's lines: <c>Lines = Written + Duplicate + Filtered + Rejected</c>.</summary>
public readonly record struct SegmentCounts(
    Guid SourceId, long Lines, long Written, long Duplicate, long Filtered, long Rejected);

/// <summary>A segment as the ledger has it.</summary>
public sealed record LedgerSegment(
    Guid BatchId, long FirstLine, long NextLine, long ByteOffset, long ByteLength, SegmentCounts Counts);
