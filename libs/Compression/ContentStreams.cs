using Ingest.Compression.Bzip2;
using Ingest.Compression.Decoding;
using Ingest.Compression.Gzip;
using Ingest.Compression.Lz4;
using Ingest.Compression.Xz;
using Ingest.Compression.Zstd;
using Ingest.Pipelines.Definition;

namespace Ingest.Compression;

/// <summary>Which decoder reads which format.</summary>
internal static class ContentStreams
{
    /// <summary>What any input holds while it is unpacked: a buffer of compressed bytes, small tables.</summary>
    private const long SmallBytes = 2 * CompressedInput.BufferBytes;

    /// <exception cref="DecompressionRefusedException">There is no memory for it.</exception>
    public static async ValueTask<Stream> OpenAsync(
        Decompression format, CompressedInput input, DecompressionShare share, Codecs codecs, CancellationToken cancellationToken)
    {
        await share.RequireAsync(SmallBytes, cancellationToken);
        var native = codecs == Codecs.Fastest;
        return format switch
        {
            Decompression.Gzip => new DecoderStream(format, new GzipDecoder(), input, share),
            Decompression.Zstd => new DecoderStream(format, new ZstdDecoder(), input, share),
            Decompression.Lz4 => new DecoderStream(format, new Lz4FrameDecoder(), input, share),
            Decompression.Xz when native && LibLzma.IsThere => new DecoderStream(format, new XzDecoder(share, isLive: !input.IsFile), input, share),
            Decompression.Xz => new ManagedXzStream(input, share),
            Decompression.Bzip2 when native && LibBz2.IsThere => new DecoderStream(format, new Bzip2Decoder(), input, share),
            Decompression.Bzip2 => new ManagedBzip2Stream(input, share),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
    }
}
