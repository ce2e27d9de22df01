using Ingest.Messaging;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Compiled;

/// <summary>What became of a line.</summary>
public enum Verdict
{
    /// <summary>It is a row now.</summary>
    Kept,

    /// <summary>The filter does not want it.</summary>
    Filtered,

    /// <summary>It is a reject; see <see cref="RowBuilder.Refusal"/>.</summary>
    Rejected,
}

/// <summary>Why a line was refused.</summary>
public readonly record struct LineRefusal(RejectReason Reason, string? Column, string? Detail);

/// <summary>Checks, filters and turns lines into rows, one after another. Not for concurrent use.</summary>
public sealed class RowBuilder(CompiledPipeline pipeline)
{
    private readonly LineScanner _scanner = new(pipeline.Paths);
    private int _repaired;

    /// <summary>Characters so far that PostgreSQL cannot store and that became U+FFFD.</summary>
    public int RepairedCharacters => _repaired;

    /// <summary>The last rejected line's reason.</summary>
    public LineRefusal Refusal { get; private set; }

    /// <param name="line">A line without its line end, valid UTF-8.</param>
    /// <param name="rows">Gets one tuple when the line is kept, and nothing otherwise.</param>
    public Verdict Add(ReadOnlySpan<byte> line, TupleWriter rows)
    {
        if (_scanner.Scan(line) is { } fault)
        {
            Refusal = new LineRefusal(fault.Reason, null, fault.Detail);
            return Verdict.Rejected;
        }

        var values = _scanner.Values(line);
        if (!pipeline.Filter.Test(values))
            return Verdict.Filtered;

        var start = rows.Length;
        rows.BeginRow(pipeline.ColumnBuilders.Length);
        for (var i = 0; i < pipeline.ColumnBuilders.Length; i++)
        {
            var column = pipeline.ColumnBuilders[i];
            if (!column.TryWrite(values[pipeline.ColumnSlots[i]], rows, ref _repaired, out var reason, out var detail))
            {
                Refusal = new LineRefusal(reason, column.Name, detail);
                rows.Rewind(start);
                return Verdict.Rejected;
            }
        }

        return Verdict.Kept;
    }
}
