namespace Ingest.Compression;

/// <summary>
/// Input that could be decompressed but needs more than is allowed: a larger window, more memory, more output. The message
/// says which setting allows it.
/// </summary>
public sealed class DecompressionRefusedException(string message) : Exception(message)
{
    internal static DecompressionRefusedException OutOfMemory() =>
        new("the system has no memory left to decompress it; send it again when there is some");
}
