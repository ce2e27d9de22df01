using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Scanning;

namespace Ingest.Pipelines.Compiled;

/// <summary>A definition made ready to run, once. Immutable; each thread takes a <see cref="RowBuilder"/> of its own.</summary>
public sealed class CompiledPipeline
{
    public CompiledPipeline(PipelineDefinition definition)
    {
        Definition = definition;
        Columns = [.. definition.Columns.Select(c => new RowColumn(c.Name, c.Type))];
        Filter = FilterCompiler.Compile(definition.Where, Paths);
        FilterAlone = definition.Where is null ? null : new CompiledFilter(definition);
        ColumnSlots = [.. definition.Columns.Select(c => Paths.Slot(c.From))];
        ColumnBuilders = [.. definition.Columns.Select(c => new ColumnBuilder(c, definition.Key.Contains(c.Name)))];
    }

    public PipelineDefinition Definition { get; }

    /// <summary>The columns of every row, in the order of the definition.</summary>
    public IReadOnlyList<RowColumn> Columns { get; }

    internal PathTree Paths { get; } = new();

    internal Predicate Filter { get; }

    /// <summary>The filter with its own paths; null where every line is kept.</summary>
    internal CompiledFilter? FilterAlone { get; }

    internal int[] ColumnSlots { get; }

    internal ColumnBuilder[] ColumnBuilders { get; }

    /// <summary>Bytes of the row that a line without any values becomes: defaults, nulls, and the count of its columns.</summary>
    public static long BytesOfRowOfNothing(PipelineDefinition definition) =>
        sizeof(short) + definition.Columns.Sum(c => (long)new ColumnBuilder(c, isKey: false).BytesOfNothing);
}
