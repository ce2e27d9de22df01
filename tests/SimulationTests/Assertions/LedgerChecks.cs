using Ingest.SimulationTests.Producers;
using Ingest.SimulationTests.Store;

namespace Ingest.SimulationTests.Assertions;

/// <summary>The ledger accounts for every line as the oracle does (assertions 3 and 4).</summary>
internal static class LedgerChecks
{
    public static void Run(Violations violations, SimulatedTable table, List<ProducedSource> sources)
    {
        var segments = table.Segments.ToLookup(s => s.SourceId);
        foreach (var source in sources)
        {
            foreach (var segment in segments[source.Id])
                CheckCounts(violations, source, segment);
            // A file that changed has segments of each of its states, one over another.
            if (source.Texts is [var text])
                CheckTiles(violations, table, source, text, [.. segments[source.Id].OrderBy(s => s.ByteOffset)]);
        }

        var written = table.Segments.Sum(s => s.Written);
        var balanced = table.Segments.All(s => s.Lines == s.Written + s.Duplicate + s.Filtered + s.Rejected);
        if (!balanced)
            violations.Add(4, "a segment does not balance");
        if (table.Keys.Count == 0 && written != table.Rows.Count)
            violations.Add(4, $"the ledger counts {written} rows, and there are {table.Rows.Count}");
        if (table.Segments.Sum(s => s.Rejected) != table.Rejects.Count)
            violations.Add(4, $"the ledger counts {table.Segments.Sum(s => s.Rejected)} rejects, and there are {table.Rejects.Count}");
    }

    private static void CheckCounts(Violations violations, ProducedSource source, StoredSegment segment)
    {
        var matches = source.Texts.Any(text =>
        {
            if (segment.NextLine - 1 > text.Lines.Count)
                return false;
            var lines = text.Lines.Skip((int)segment.FirstLine - 1).Take((int)(segment.NextLine - segment.FirstLine)).ToList();
            return segment.Lines == lines.Count(l => l.Kind != LineKind.Blank)
                && segment.Filtered == lines.Count(l => l.Kind == LineKind.Filtered)
                && segment.Rejected == lines.Count(l => l.Kind.IsReject())
                && segment.Written + segment.Duplicate == lines.Count(l => l.Kind == LineKind.Row);
        });
        if (!matches)
            violations.Add(4, $"{source.Name}: the counts of {segment} are not those of its lines");
    }

    private static void CheckTiles(Violations violations, SimulatedTable table, ProducedSource source, ProducedText text, List<StoredSegment> segments)
    {
        for (var i = 1; i < segments.Count; i++)
        {
            if (segments[i].ByteOffset < segments[i - 1].ByteOffset + segments[i - 1].ByteLength)
                violations.Add(3, $"{source.Name}: {segments[i]} overlaps {segments[i - 1]}");
        }

        if (!source.Acknowledged.Contains(text))
            return;
        if (!table.Sources.TryGetValue(source.Id, out var end))
        {
            violations.Add(3, $"{source.Name} was acknowledged, and its end is not in the ledger");
            return;
        }

        var (offset, line) = (0L, 1L);
        foreach (var segment in segments)
        {
            if (segment.ByteOffset != offset || segment.FirstLine != line)
                violations.Add(3, $"{source.Name} has a hole before {segment}");
            (offset, line) = (segment.ByteOffset + segment.ByteLength, segment.NextLine);
        }

        if (offset != text.Bytes.Length || line - 1 != text.Lines.Count)
            violations.Add(3, $"{source.Name} of {text.Lines.Count} lines, {text.Bytes.Length} bytes has segments up to {line - 1}, {offset}");
        if (end.Lines != text.Count || end.LastLine != text.Lines.Count || end.Bytes != text.Bytes.Length)
            violations.Add(3, $"{source.Name} of {text.Lines.Count} lines, {text.Bytes.Length} bytes ended as {end}");
    }
}
