namespace Ingest.SimulationTests.Producers;

/// <summary>Draws lines of all kinds.</summary>
/// <param name="chances">Where they come from.</param>
/// <param name="keys">Of how many keys; fewer than there are lines where duplicates are to be met.</param>
/// <param name="maxLineBytes">The pipeline's limit.</param>
internal sealed class LineWorkload(Random chances, int keys, int maxLineBytes)
{
    private long _lastKey;

    /// <param name="count">How many.</param>
    /// <param name="padding">Bytes in the largest that no column looks at.</param>
    /// <param name="unique">Whether no key may come twice.</param>
    /// <param name="filteredPadding">The same of lines that the filter drops.</param>
    public List<ProducedLine> Draw(int count, int padding, bool unique, int? filteredPadding = null)
    {
        var lines = new List<ProducedLine>(count);
        for (var i = 0; i < count; i++)
        {
            var kind = chances.Next(100) switch
            {
                < 62 => LineKind.Row,
                < 78 => LineKind.Filtered,
                < 81 => LineKind.InvalidJson,
                < 83 => LineKind.InvalidUtf8,
                < 85 => LineKind.NotAnObject,
                < 88 => LineKind.MissingRequired,
                < 91 => LineKind.InvalidValue,
                < 93 => LineKind.TooLong,
                < 95 => LineKind.Refused,
                _ => LineKind.Blank,
            };
            lines.Add(new ProducedLine(
                kind,
                unique ? ++_lastKey : chances.Next(keys),
                kind switch
                {
                    LineKind.TooLong => maxLineBytes + chances.Next(maxLineBytes),
                    LineKind.Filtered => chances.Next(filteredPadding ?? padding),
                    _ => chances.Next(padding),
                }));
        }

        return lines;
    }
}
