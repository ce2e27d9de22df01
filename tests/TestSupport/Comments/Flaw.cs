namespace Ingest.TestSupport;

/// <summary>What can be wrong with a generated line.</summary>
public enum Flaw
{
    None,

    /// <summary>It ends in the middle.</summary>
    Truncated,

    /// <summary>It has no <c>id</c>.</summary>
    MissingId,

    /// <summary>It is an array.</summary>
    NotAnObject,

    /// <summary>Its <c>id</c> holds bytes that are not UTF-8.</summary>
    InvalidUtf8,

    /// <summary>Its <c>created_utc</c> is no time.</summary>
    InvalidTime,
}
