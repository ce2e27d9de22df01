namespace Ingest.Compression;

/// <summary>
/// Input that could be decompressed but needs more than is allowed: a larger window, more memory, more output. The message
/// says which setting allows it.
/// </summary>
public sealed class DecompressionRefusedException(string message) : Exception(message)
{
    /// <summary>It may be allowed later: others held the memory.</summary>
    public bool IsForNow { get; init; }

    internal static DecompressionRefusedException OutOfMemory() =>
        new("the system has no memory left to decompress it; send it again when there is some") { IsForNow = true };
}
