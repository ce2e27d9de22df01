using System.Runtime.CompilerServices;
using Ingest.Messaging;
using Ingest.Pipelines.Rows;
using Ingest.Pipelines.Scanning;

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
public sealed class RowBuilder
{
    private readonly CompiledPipeline _pipeline;
    private readonly LineScanner _scanner;
    private readonly FilterFirst? _first;
    private int _repaired;

    public RowBuilder(CompiledPipeline pipeline)
    {
        _pipeline = pipeline;
        _scanner = new LineScanner(pipeline.Paths);
        _first = pipeline.FilterAlone is { } filter ? new FilterFirst(filter, _scanner.Index) : null;
    }

    /// <summary>Characters so far that PostgreSQL cannot store and that became U+FFFD.</summary>
    public int RepairedCharacters => _repaired;

    /// <summary>The last rejected line's reason.</summary>
    public LineRefusal Refusal { get; private set; }

    /// <param name="lines">A segment's lines.</param>
    /// <param name="firstLine">The first one's number in its source.</param>
    public LineCursor Read(ReadOnlySpan<byte> lines, long firstLine) => new(_scanner, lines, firstLine);

    /// <param name="line">Where the cursor stands that was made last.</param>
    /// <param name="rows">Gets one tuple when the line is kept, and nothing otherwise; a line that does not fit it is rejected.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Verdict Add(in LineCursor line, TupleWriter rows)
    {
        if (line.Line.Length > _pipeline.Definition.MaxLineBytes)
        {
            return Refuse(new(RejectReason.LineTooLong, null,
                $"the line is {line.Line.Length} bytes long, the limit (max_line_bytes) is {_pipeline.Definition.MaxLineBytes}"));
        }

        if (_first is { Pays: true } && _first.Drops(line))
            return Verdict.Filtered;
        if (!_scanner.Scan(line.Text))
            return Refuse(LineFault.Describe(line.Line));

        var values = _scanner.Values(line.Line);
        var isKept = _pipeline.Filter.Test(values);
        _first?.Count(isKept);
        if (!isKept)
            return Verdict.Filtered;

        var start = rows.Length;
        rows.BeginRow(_pipeline.ColumnBuilders.Length);
        for (var i = 0; i < _pipeline.ColumnBuilders.Length; i++)
        {
            var column = _pipeline.ColumnBuilders[i];
            var written = column.TryWrite(values[_pipeline.ColumnSlots[i]], rows, ref _repaired, out var reason, out var detail);
            if (written && !rows.IsOver)
                continue;
            var refusal = rows.IsOver
                ? new LineRefusal(RejectReason.InvalidValue, null, $"the rows of its batch would take more than {rows.MaxBytes} bytes")
                : new LineRefusal(reason, column.Name, detail);
            rows.Rewind(start);
            return Refuse(refusal);
        }

        return Verdict.Kept;
    }

    private Verdict Refuse(LineRefusal refusal)
    {
        Refusal = refusal;
        return Verdict.Rejected;
    }
}
