using System.Buffers.Binary;
using Ingest.Messaging.RabbitMq;
using K4os.Compression.LZ4;

namespace Ingest.Messaging.Wire;

/// <summary>
/// An encoded batch as a message body: one byte that names the compression, the length before compression as 32 bits
/// little-endian, then the bytes (an LZ4 block or a zstd frame).
/// </summary>
internal static class Body
{
    /// <summary>Far above the largest line with its batch's header; a damaged length must not take all memory.</summary>
    public const int LargestBytes = 256 * 1024 * 1024;
    private const int HeaderBytes = 5;
    private const int FastestZstd = -1;

    public static PooledMemory Pack<T>(T batch, BodyCompression compression) where T : class, IBatch<T>
    {
        using var writer = new WireWriter();
        T.Encode(batch, writer);
        var plain = writer.Written.Span;

        var largest = compression switch
        {
            BodyCompression.Lz4 => LZ4Codec.MaximumOutputSize(plain.Length),
            BodyCompression.Zstd => ZstdSharp.Compressor.GetCompressBound(plain.Length),
            _ => plain.Length,
        };
        var packed = PooledMemory.Rent(HeaderBytes + Math.Max(largest, plain.Length));
        var target = packed.Memory.Span[HeaderBytes..];
        var length = compression switch
        {
            BodyCompression.Lz4 => LZ4Codec.Encode(plain, target),
            BodyCompression.Zstd => Zstd(plain, target),
            _ => int.MaxValue,
        };
        if (length >= plain.Length)
        {
            compression = BodyCompression.None;
            plain.CopyTo(target);
            length = plain.Length;
        }

        packed.Array[0] = (byte)compression;
        BinaryPrimitives.WriteInt32LittleEndian(packed.Array.AsSpan(1), plain.Length);
        return packed.Shorten(HeaderBytes + length);
    }

    /// <exception cref="BatchFormatException">The body is not a batch of this kind and version, or is damaged.</exception>
    public static T Unpack<T>(ReadOnlySpan<byte> body) where T : class, IBatch<T>
    {
        if (body.Length < HeaderBytes)
            throw new BatchFormatException("The message is too short to be a batch.");
        var length = BinaryPrimitives.ReadInt32LittleEndian(body[1..]);
        if (length is < 0 or > LargestBytes)
            throw new BatchFormatException($"The message claims to hold {length} bytes.");

        var plain = PooledMemory.Rent(length);
        try
        {
            var target = plain.Memory.Span;
            var written = (BodyCompression)body[0] switch
            {
                BodyCompression.None => Copy(body[HeaderBytes..], target),
                BodyCompression.Lz4 => LZ4Codec.Decode(body[HeaderBytes..], target),
                BodyCompression.Zstd => UnZstd(body[HeaderBytes..], target),
                var other => throw new BatchFormatException($"The message is compressed in a way ({other}) that this build does not know."),
            };
            if (written != length)
                throw new BatchFormatException("The message's body is damaged.");
            return T.Decode(plain);
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (source.Length != target.Length)
            return -1;
        source.CopyTo(target);
        return source.Length;
    }

    private static int Zstd(ReadOnlySpan<byte> source, Span<byte> target)
    {
        using var compressor = new ZstdSharp.Compressor(FastestZstd);
        return compressor.Wrap(source, target);
    }

    private static int UnZstd(ReadOnlySpan<byte> source, Span<byte> target)
    {
        using var decompressor = new ZstdSharp.Decompressor();
        try
        {
            return decompressor.Unwrap(source, target);
        }
        catch (ZstdSharp.ZstdException damaged)
        {
            throw new BatchFormatException($"The message's body is damaged: {damaged.Message}.");
        }
    }
}
