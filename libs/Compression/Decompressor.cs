using Ingest.Pipelines.Definition;

namespace Ingest.Compression;

/// <summary>Unpacks any stream of bytes: gzip, zstd, xz, bzip2 and LZ4 frames, known by their first bytes.</summary>
public static class Decompressor
{
    /// <summary>
    /// What a source says, unpacked. Bytes that can be unpacked come out without waiting for more to come in. A read into
    /// no memory completes when there are bytes to be read, and holds no memory for them.
    /// </summary>
    /// <param name="input">The source's bytes; left open.</param>
    /// <param name="how">What they are; with Auto what is not compressed passes unchanged.</param>
    /// <param name="budget">What all inputs share.</param>
    /// <remarks>
    /// A read may throw <see cref="CorruptInputException"/> and <see cref="DecompressionRefusedException"/>, both after
    /// all that could be unpacked before.
    /// </remarks>
    public static Stream Open(Stream input, Decompression how, DecompressionBudget budget) => Open(input, how, budget, Codecs.Fastest);

    /// <inheritdoc cref="Open(Stream, Decompression, DecompressionBudget)"/>
    internal static Stream Open(Stream input, Decompression how, DecompressionBudget budget, Codecs codecs) =>
        new DecompressingStream(input, how, budget, codecs);
}

/// <summary>Which libraries unpack.</summary>
internal enum Codecs
{
    /// <summary>The system's where they are there.</summary>
    Fastest,

    /// <summary>Only managed ones, and what comes with .NET.</summary>
    Managed,
}
