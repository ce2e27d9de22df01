namespace Ingest.Gateway.Sources;

/// <summary>How a source ended.</summary>
internal enum SourceOutcome
{
    /// <summary>It came to its orderly end.</summary>
    Completed,

    /// <summary>We stopped reading it.</summary>
    Interrupted,

    /// <summary>It broke off: a reset connection, a disk error.</summary>
    Broken,

    /// <summary>It kept the end of a long line back for too long while others waited for the room.</summary>
    Stalled,

    /// <summary>It sent nothing for too long.</summary>
    Idle,

    /// <summary>Its bytes could not be decompressed.</summary>
    Corrupt,

    /// <summary>Its bytes could be decompressed at a greater cost than is allowed; what follows was not taken.</summary>
    Refused,

    /// <summary>The same for now: others held the memory that it takes.</summary>
    Postponed,

    /// <summary>
    /// It ends inside lines that the ledger holds, and without a key they might be written twice: what follows the last
    /// segment that is known to be the same was left alone.
    /// </summary>
    Shortened,
}

/// <param name="Lines">Lines taken, blank ones not counted.</param>
/// <param name="Bytes">Bytes taken, after decompression.</param>
/// <param name="Error">What went wrong, or null.</param>
internal sealed record SourceResult(SourceOutcome Outcome, long Lines, long Bytes, string? Error);
