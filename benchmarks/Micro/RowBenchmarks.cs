using BenchmarkDotNet.Attributes;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Rows;

namespace Ingest.Micro;

/// <summary>A batch of lines to tuples, every line validated.</summary>
public class RowBenchmarks
{
    private readonly RowBuilder _filtered = new(new CompiledPipeline(Sample.Filtered));
    private readonly RowBuilder _all = new(new CompiledPipeline(Sample.AllRows));

    /// <summary>Two of a thousand lines pass.</summary>
    [Benchmark]
    public int Filtered() => Build(_filtered);

    /// <summary>Eight columns of each line.</summary>
    [Benchmark]
    public int AllRows() => Build(_all);

    private static int Build(RowBuilder rows)
    {
        using var tuples = new TupleWriter();
        var lines = rows.Read(Sample.Lines, 1);
        while (lines.MoveNext())
            rows.Add(lines, tuples);
        return tuples.Length;
    }
}
