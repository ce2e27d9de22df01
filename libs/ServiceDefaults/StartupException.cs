namespace Ingest.ServiceDefaults;

/// <summary>The process cannot start: one sentence with what, where and what to do, and the exit code.</summary>
public sealed class StartupException(string message, int exitCode = ExitCodes.Failed) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>What a process of Ingest says when it ends.</summary>
public static class ExitCodes
{
    /// <summary>All lines are accounted for.</summary>
    public const int Success = 0;

    /// <summary>A missing file, truncated input, a database that refuses.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    /// <summary>A definition or a setting is wrong (sysexits' EX_CONFIG).</summary>
    public const int BadConfiguration = 78;

    public const int Interrupted = 130;
}
