namespace Ingest.Compression.Bzip2;

/// <summary>What unpacking bzip2 takes.</summary>
internal static class Bzip2Memory
{
    /// <summary>Four bytes for each of the 900,000 of the largest block, and tables.</summary>
    public const long LargestBytes = 4 * 1024 * 1024;
}
