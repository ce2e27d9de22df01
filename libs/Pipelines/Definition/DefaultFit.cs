using Ingest.Pipelines.Compiled;

namespace Ingest.Pipelines.Definition;

/// <summary>Whether a column's default can be stored in the column.</summary>
internal static class DefaultFit
{
    /// <summary>Why the column's default is not a value of its type and unit, as an encoder puts it; null when it is one.</summary>
    public static string? FaultOf(ColumnDefinition column) => ColumnBuilder.CheckDefault(column);
}
