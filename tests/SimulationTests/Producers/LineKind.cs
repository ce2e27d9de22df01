namespace Ingest.SimulationTests.Producers;

/// <summary>What is to become of a line, by the definition of the scenarios' pipelines.</summary>
internal enum LineKind
{
    /// <summary>A row, or a duplicate of one with the same key.</summary>
    Row,
    Filtered,
    InvalidJson,
    InvalidUtf8,
    NotAnObject,
    MissingRequired,
    InvalidValue,
    TooLong,

    /// <summary>A row that the database refuses.</summary>
    Refused,

    /// <summary>It has a number, but is not a line.</summary>
    Blank,
}

internal static class LineKinds
{
    public static bool IsReject(this LineKind kind) => kind is not (LineKind.Row or LineKind.Filtered or LineKind.Blank);
}
