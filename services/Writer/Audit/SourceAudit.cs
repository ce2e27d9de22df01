namespace Ingest.Writer.Audit;

/// <summary>What the ledger says of one source.</summary>
public enum SourceState
{
    /// <summary>It has ended, its segments cover it from its first byte to its last, and their lines are its lines.</summary>
    Balanced,

    /// <summary>It has not ended yet, or its end is still under way.</summary>
    Incomplete,

    /// <summary>It has ended, and lines of it are missing.</summary>
    Gap,
}

/// <param name="Lines">Lines that the ledger has, blank ones not counted.</param>
/// <param name="MissingFrom">The first physical line that is missing or not there yet; null when balanced.</param>
/// <param name="MissingFromByte">Where that line begins in the source's bytes.</param>
public sealed record SourceAudit(Guid SourceId, string? Source, SourceState State, long Lines, long? MissingFrom, long? MissingFromByte);

/// <summary>
/// Follows a source's segments from its beginning. They come by offset, the shorter first. A file that was cut short and
/// repaired leaves segments behind that others have replaced: any chain that reaches the end will do.
/// </summary>
/// <param name="ended">The lines and bytes of the source's end record, or null when it has not ended.</param>
internal sealed class SegmentChain((long Lines, long Bytes)? ended)
{
    /// <summary>Places that chains have reached, with the lines up to there, which may differ, and the number of the next line.</summary>
    private readonly Dictionary<long, List<(long Lines, long NextLine)>> _reached = new() { [0] = [(0, 1)] };
    private long _furthest;

    public void Add(long byteOffset, long byteLength, long lines, long nextLine)
    {
        if (!_reached.TryGetValue(byteOffset, out var before))
            return;
        var end = byteOffset + byteLength;
        if (!_reached.TryGetValue(end, out var there))
            _reached.Add(end, there = []);

        // Damage behind the last line is a segment without bytes, which ends where it begins.
        foreach (var chain in before.ToArray())
        {
            if (!there.Exists(other => other.Lines == chain.Lines + lines))
                there.Add((chain.Lines + lines, nextLine));
        }

        _furthest = Math.Max(_furthest, end);

        // Only places from here on can still be continued, but a source may end before segments of a time when it was longer.
        if (_reached.Count > 64)
        {
            foreach (var place in _reached.Keys.Where(p => p < byteOffset && p != _furthest && p != ended?.Bytes).ToList())
                _reached.Remove(place);
        }
    }

    public SourceAudit Close(Guid sourceId, string? source)
    {
        if (ended is { } record && _reached.TryGetValue(record.Bytes, out var whole) && whole.Exists(chain => chain.Lines == record.Lines))
            return new SourceAudit(sourceId, source, SourceState.Balanced, record.Lines, null, null);
        var (lines, nextLine) = _reached[_furthest][^1];
        return new SourceAudit(sourceId, source, ended is null ? SourceState.Incomplete : SourceState.Gap, lines, nextLine, _furthest);
    }
}
