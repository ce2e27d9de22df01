namespace Ingest.Gateway.Framing;

/// <summary>A segment of a replayable source that the ledger holds already.</summary>
/// <param name="BatchId">The batch that it was alone in.</param>
/// <param name="NextLine">Number of the first physical line after it.</param>
/// <param name="Lines">Lines that are not blank.</param>
public sealed record KnownSegment(Guid BatchId, long ByteOffset, long ByteLength, long NextLine, long Lines);

/// <summary>
/// What the ledger holds of a replayable source. Earlier runs may have cut it in places where the bytes alone would not
/// say so, at the end of a file that has grown since: these cuts stay, or its lines would be written twice.
/// </summary>
public sealed class KnownSegments
{
    public static readonly KnownSegments None = new([]);

    private readonly Dictionary<long, KnownSegment[]> _byOffset;
    private readonly long[] _offsets;

    public KnownSegments(IEnumerable<KnownSegment> segments)
    {
        _byOffset = segments.Where(s => s.ByteLength > 0)
            .GroupBy(s => s.ByteOffset)
            .ToDictionary(place => place.Key, place => place.OrderByDescending(s => s.ByteLength).ToArray());
        _offsets = [.. _byOffset.Keys.Order()];
    }

    public bool IsEmpty => _offsets.Length == 0;

    /// <summary>Whether lines behind the last segment that is the same may be those of a longer one: who sends them wants them.</summary>
    public bool MayEndInside { get; init; }

    /// <summary>Those that begin at that byte, the longest first: a repaired file's batch and what was cut short before.</summary>
    public IReadOnlyList<KnownSegment> At(long offset) => _byOffset.TryGetValue(offset, out var found) ? found : [];

    /// <summary>The first place after the offset where a segment begins; the largest number when there is none.</summary>
    public long NextAfter(long offset)
    {
        var place = Array.BinarySearch(_offsets, offset + 1);
        place = place < 0 ? ~place : place;
        return place < _offsets.Length ? _offsets[place] : long.MaxValue;
    }
}
