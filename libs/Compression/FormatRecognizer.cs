using Ingest.Pipelines.Definition;

namespace Ingest.Compression;

/// <summary>
/// Tells a format by its first bytes, and says so at the first byte that decides: a line of JSON is one at its brace.
/// </summary>
internal static class FormatRecognizer
{
    private const int SkippableHeaderBytes = 8;

    /// <summary>After the digit of the block size comes a block's magic number, or that of the stream's end.</summary>
    private const int Bzip2HeaderBytes = 4;

    // RFC 1952, section 2.3.1.
    private static ReadOnlySpan<byte> Gzip => [0x1f, 0x8b];

    // RFC 8878, section 3.1.1.
    private static ReadOnlySpan<byte> Zstd => [0x28, 0xb5, 0x2f, 0xfd];

    // The .xz file format, section 2.1.1.1.
    private static ReadOnlySpan<byte> Xz => [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0x00];

    // LZ4 frame format, "General Structure of LZ4 Frame format".
    private static ReadOnlySpan<byte> Lz4 => [0x04, 0x22, 0x4d, 0x18];

    private static ReadOnlySpan<byte> Bzip2 => "BZh"u8;

    private static ReadOnlySpan<byte> Bzip2Block => [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];

    private static ReadOnlySpan<byte> Bzip2End => [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

    /// <param name="start">The first bytes, as far as they are there.</param>
    /// <returns>The format, None for anything else, or null while more bytes are needed to tell.</returns>
    public static Decompression? Recognize(ReadOnlySpan<byte> start)
    {
        if (start.IsEmpty)
            return null;
        return Match(start, Gzip) ? Decided(start, Gzip, Decompression.Gzip)
            : Match(start, Zstd) ? Decided(start, Zstd, Decompression.Zstd)
            : Match(start, Xz) ? Decided(start, Xz, Decompression.Xz)
            : Match(start, Lz4) ? Decided(start, Lz4, Decompression.Lz4)
            : Match(start, Bzip2) ? RecognizeBzip2(start)
            : Decompression.None;
    }

    /// <summary>
    /// Frames to be skipped (RFC 8878, section 3.1.2), which zstd and LZ4 share: what follows them tells the format.
    /// </summary>
    /// <param name="start">The first bytes, as far as they are there.</param>
    /// <returns>The frame's length in bytes, 0 when it is none, or null while more bytes are needed to tell.</returns>
    public static long? Skippable(ReadOnlySpan<byte> start)
    {
        if (start.IsEmpty)
            return null;
        if ((start[0] & 0xf0) != 0x50 || !Match(start[1..], [0x2a, 0x4d, 0x18]))
            return 0;
        return start.Length < SkippableHeaderBytes ? null : SkippableHeaderBytes + (long)BitConverter.ToUInt32(start[4..]);
    }

    private static Decompression? RecognizeBzip2(ReadOnlySpan<byte> start)
    {
        if (start.Length < Bzip2HeaderBytes)
            return null;
        var rest = start[Bzip2HeaderBytes..];
        return start[3] is < (byte)'1' or > (byte)'9' ? Decompression.None
            : Match(rest, Bzip2Block) ? Decided(rest, Bzip2Block, Decompression.Bzip2)
            : Match(rest, Bzip2End) ? Decided(rest, Bzip2End, Decompression.Bzip2)
            : Decompression.None;
    }

    /// <summary>As far as they go both are the same.</summary>
    private static bool Match(ReadOnlySpan<byte> start, ReadOnlySpan<byte> magic)
    {
        var common = Math.Min(start.Length, magic.Length);
        return start[..common].SequenceEqual(magic[..common]);
    }

    private static Decompression? Decided(ReadOnlySpan<byte> start, ReadOnlySpan<byte> magic, Decompression format) =>
        start.Length < magic.Length ? null : format;
}
