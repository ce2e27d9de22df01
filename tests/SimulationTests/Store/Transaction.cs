using Ingest.Messaging;
using Ingest.Writer;

namespace Ingest.SimulationTests.Store;

/// <summary>What one session has entered and not committed.</summary>
internal sealed class Transaction
{
    public HashSet<object> Locks { get; } = [];

    /// <summary>The lock it waits for, or null.</summary>
    public object? WaitsFor { get; set; }

    /// <summary>Committed, rolled back or ended by the database.</summary>
    public bool IsOver { get; set; }

    /// <summary>Statements so far.</summary>
    public int Statements { get; set; }

    public List<CommittedEntry> Batches { get; } = [];

    public List<StoredRow> Rows { get; } = [];

    public List<StoredReject> Rejects { get; } = [];

    public List<(string Definition, SourceEnd End)> Ends { get; } = [];
}

/// <summary>A batch in the ledger with what became of its segments.</summary>
internal sealed record CommittedEntry(Guid Batch, string Definition, IReadOnlyList<StoredSegment> Segments);

internal sealed record StoredSegment(
    Guid Batch, Guid SourceId, string Source, long FirstLine, long NextLine, long ByteOffset, long ByteLength,
    long Lines, long Written, long Duplicate, long Filtered, long Rejected)
{
    public static StoredSegment Of(Guid batch, Segment segment, SegmentCounts counts) => new(
        batch, segment.SourceId, segment.Source, segment.FirstLine, segment.NextLine, segment.ByteOffset, segment.ByteLength,
        counts.Lines, counts.Written, counts.Duplicate, counts.Filtered, counts.Rejected);

    public SegmentCounts ToCounts() => new(SourceId, Lines, Written, Duplicate, Filtered, Rejected);
}

/// <param name="Key">Its id.</param>
/// <param name="Tag">Its tag.</param>
/// <param name="Number">Its n.</param>
/// <param name="Source">Whose line it was.</param>
/// <param name="Line">Which one.</param>
internal sealed record StoredRow(long Key, string Tag, int? Number, string Source, long Line)
{
    /// <summary>A number that the table's check constraint does not like.</summary>
    public const int RefusedNumber = 13;
}

internal sealed record StoredReject(Guid Batch, string Source, long Line, RejectReason Reason, byte[] Raw, long RawLength);
