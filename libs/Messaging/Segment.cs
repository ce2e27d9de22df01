namespace Ingest.Messaging;

/// <summary>
/// Consecutive lines of one source within one batch. The segments of a source tile it: each begins, in lines and in
/// bytes, where the one before ends.
/// </summary>
public sealed record Segment
{
    public required Guid SourceId { get; init; }

    /// <summary>The source's display name: a path, an address, what the producer called itself.</summary>
    public required string Source { get; init; }

    /// <summary>Number of the first physical line, from 1; blank lines count here.</summary>
    public required long FirstLine { get; init; }

    /// <summary>Number of the first physical line after the segment.</summary>
    public required long NextLine { get; init; }

    /// <summary>Where the segment begins in the source's bytes (after decompression).</summary>
    public required long ByteOffset { get; init; }

    /// <summary>How many of the source's bytes it covers.</summary>
    public required long ByteLength { get; init; }

    /// <summary>Lines that are not blank, those that became rejects in the gateway included.</summary>
    public required int Lines { get; init; }

    /// <summary>Bytes of <see cref="LineBatch.Lines"/> that belong to this segment; 0 in a <see cref="RowBatch"/>.</summary>
    public int PayloadLength { get; init; }

    /// <summary>Lines that the definition's filter dropped so far.</summary>
    public int Filtered { get; init; }

    /// <summary>Lines that became rejects so far.</summary>
    public int Rejected { get; init; }

    /// <summary>Rows of <see cref="RowBatch.Tuples"/> that come from this segment.</summary>
    public int Rows { get; init; }
}

/// <summary>What a source held in all, sent once when it ends.</summary>
/// <param name="Lines">Lines that are not blank.</param>
/// <param name="LastLine">Number of the last physical line; 0 when there was none.</param>
/// <param name="Bytes">Bytes after decompression.</param>
public sealed record SourceEnd(Guid SourceId, string Source, long Lines, long LastLine, long Bytes, DateTimeOffset EndedAt);
