using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.SimulationTests.Producers;
using Ingest.SimulationTests.Store;

namespace Ingest.SimulationTests.Assertions;

/// <summary>Every acknowledged line is in exactly one place, and no line in a place that is not its own (assertions 1, 2, 10).</summary>
internal static class LineChecks
{
    public static void Run(World world, SimulatedTable table, List<ProducedSource> sources, PipelineDefinition pipeline)
    {
        var violations = world.Violations;
        var keyed = pipeline.Key.Count > 0;
        var rows = table.Rows.ToLookup(r => r.Tag);
        var rejects = table.Rejects.ToLookup(r => (r.Source, r.Line));
        var senders = sources.SelectMany(s => s.Texts.SelectMany(t => Enumerable.Range(0, t.Lines.Count).Select(i => (Source: s, Text: t, Index: i))))
            .ToLookup(s => s.Text.Tag(s.Index));
        foreach (var source in sources)
        {
            foreach (var text in source.Texts)
                CheckAcknowledged(violations, table, rows, rejects, source, text, keyed);
            CheckRejects(violations, rejects, source);
        }

        foreach (var row in rows)
        {
            var lines = senders[row.Key].ToList();
            if (lines.Count == 0)
                violations.Add(10, $"{row.Key} is in {pipeline.Name}, and nobody sent it");
            else if (lines.All(l => l.Text.Lines[l.Index].Kind != LineKind.Row))
                violations.Add(10, $"{row.Key} is in {pipeline.Name}, and is {lines[0].Text.Lines[lines[0].Index].Kind}");
            else if (!row.All(r => lines.Any(l => IsRowOf(r, l.Source, l.Text.Lines[l.Index], l.Index + 1))))
                violations.Add(10, $"{row.Key} is in {pipeline.Name} as {row.First()}, and its line is {lines[0].Text.Lines[lines[0].Index]}");
            if (row.Count() > 1)
                violations.Add(2, $"{row.Key} is in {pipeline.Name} {row.Count()} times");
        }

        if (pipeline.OnDuplicate == OnDuplicate.Update && world.OrderIsKept)
            CheckLastLines(violations, rows, sources);
        if (keyed && table.Rows.Count != table.Keys.Count)
            violations.Add(2, $"{pipeline.Name} has {table.Rows.Count} rows for {table.Keys.Count} keys");
    }

    /// <summary>A line that is in the table was not written over a later one of its source (assertion 11).</summary>
    private static void CheckLastLines(Violations violations, ILookup<string, StoredRow> rows, List<ProducedSource> sources)
    {
        foreach (var source in sources.Where(s => !s.Replayable))
        {
            var text = source.Texts.Single();
            var last = source.AcknowledgedLines(text).Where(i => text.Lines[i].Kind == LineKind.Row)
                .GroupBy(i => text.Lines[i].Key).ToDictionary(lines => lines.Key, lines => lines.Max());
            foreach (var (key, later) in last)
            {
                for (var i = 0; i < later; i++)
                {
                    if (text.Lines[i].Key == key && rows[text.Tag(i)].Any())
                        violations.Add(11, $"{text.Tag(i)} is in the table, and {text.Tag(later)} came after it");
                }
            }
        }
    }

    private static void CheckAcknowledged(
        Violations violations,
        SimulatedTable table,
        ILookup<string, StoredRow> rows,
        ILookup<(string Source, long Line), StoredReject> rejects,
        ProducedSource source,
        ProducedText text,
        bool keyed)
    {
        foreach (var i in source.AcknowledgedLines(text))
        {
            var line = text.Lines[i];
            var there = keyed ? table.Keys.Contains(line.Key) : rows[text.Tag(i)].Any();
            if (line.Kind == LineKind.Row && !there)
                violations.Add(1, $"{text.Tag(i)} was acknowledged and is not in the table");
            if (line.Kind.IsReject() && !rejects[(source.Name, i + 1)].Any())
                violations.Add(1, $"{text.Tag(i)}, {line.Kind}, was acknowledged and is not among the rejects");
        }
    }

    private static bool IsRowOf(StoredRow row, ProducedSource source, ProducedLine line, long number) =>
        (row.Source, row.Line, row.Key, row.Number) == (source.Name, number, line.Key, line.Number);

    /// <summary>A source's rejects are those lines that are at fault in one of its texts, each as often as there are such texts, at most.</summary>
    private static void CheckRejects(Violations violations, ILookup<(string Source, long Line), StoredReject> rejects, ProducedSource source)
    {
        var longest = source.Texts.Max(t => t.Lines.Count);
        foreach (var line in rejects.Where(r => r.Key.Source == source.Name))
        {
            var faulty = source.Texts.Where(t => line.Key.Line <= t.Lines.Count && t.Lines[(int)line.Key.Line - 1].Kind.IsReject()).ToList();
            if (line.Key.Line > longest || faulty.Count == 0)
                violations.Add(10, $"{source.Name}: line {line.Key.Line} is a reject ({line.First().Reason}) and was good");
            else if (line.Count() > faulty.Count)
                violations.Add(10, $"{source.Name}: line {line.Key.Line} is a reject {line.Count()} times");
            else if (line.FirstOrDefault(r => !faulty.Any(t => Keeps(r, t))) is { } other)
                violations.Add(10, $"{source.Name}: line {line.Key.Line} is a reject ({other.Reason}) with bytes that are not its own");
        }
    }

    /// <summary>A reject keeps its line whole, an over-long one's first bytes, and what the database refused as the row that it was.</summary>
    private static bool Keeps(StoredReject reject, ProducedText text)
    {
        var index = (int)reject.Line - 1;
        var line = reject.Reason == RejectReason.ConstraintViolation ? text.Lines[index].Row(text.Tag(index)) : text.Line(index);
        var kept = reject.Reason == RejectReason.LineTooLong ? Math.Min(line.Length, Reject.PrefixBytes) : line.Length;
        return reject.RawLength == line.Length && line[..kept].SequenceEqual(reject.Raw);
    }
}
