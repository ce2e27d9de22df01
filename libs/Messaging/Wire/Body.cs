using System.Buffers.Binary;
using System.IO.Hashing;
using Ingest.Messaging.RabbitMq;
using K4os.Compression.LZ4;
using ZstdSharp.Unsafe;

namespace Ingest.Messaging.Wire;

/// <summary>
/// Encoded batches as a message body: one byte with the frame's version (high half) and the compression (low half), the
/// length before compression as 32 bits and the XxHash3 of what was compressed as 64 bits, both little-endian, then the
/// bytes (an LZ4 block or zstd frames). In version 1 they are one batch, in version 2 any number, each behind its length
/// as a varint.
/// </summary>
internal static class Body
{
    private const int OneBatch = 1;
    private const int SeveralBatches = 2;

    /// <summary>Far above the largest line with its batch's header; a damaged length must not take all memory.</summary>
    public const int LargestBytes = 256 * 1024 * 1024;
    private const int HashOffset = 5;
    private const int HeaderBytes = 13;

    /// <summary>As small as LZ4 makes batches of lines, in less time: benchmarks/README.md.</summary>
    private const int FastZstd = -4;

    /// <summary>A table of 8 KiB, which stays in the first cache beside what is read.</summary>
    private const int ZstdHashLog = 11;

    /// <summary>Members' names and what is written again and again are longer; shorter matches cost more than they save.</summary>
    private const int ZstdShortestMatch = 7;

    /// <summary>
    /// The share by which a body shrinks at least, or it crosses as it is: what a smaller saving costs the sender and the
    /// receiver is more than it spares the broker (benchmarks/README.md).
    /// </summary>
    private const double LeastSaved = 0.25;

    // Their tables are larger than a batch and costly to make; a thread packs one batch at a time.
    [ThreadStatic]
    private static ZstdSharp.Compressor? _compressor;

    [ThreadStatic]
    private static ZstdSharp.Decompressor? _decompressor;

    /// <returns>A buffer of about the body's size: many of them wait for their confirms at a time.</returns>
    public static PooledMemory Pack<T>(T batch, BodyCompression compression) where T : class, IBatch<T>
    {
        using var encoded = EncodedBatch.Of(batch);
        return Pack(encoded, compression);
    }

    /// <inheritdoc cref="Pack{T}"/>
    public static PooledMemory Pack(EncodedBatch encoded, BodyCompression compression) =>
        Pack(OneBatch, new Parts(encoded.Head.Span, encoded.Payload.Span), compression);

    /// <param name="batches">Encoded batches, each behind its length.</param>
    /// <param name="compression">How they are compressed, together.</param>
    public static PooledMemory PackSeveral(ReadOnlySpan<byte> batches, BodyCompression compression) =>
        Pack(SeveralBatches, new Parts(batches, default), compression);

    /// <summary>False of one that would have shrunk too little, too.</summary>
    public static bool IsCompressed(ReadOnlySpan<byte> body) => Compression(body) != BodyCompression.None;

    private static BodyCompression Compression(ReadOnlySpan<byte> body) => (BodyCompression)(body[0] & 0x0F);

    private static PooledMemory Pack(int version, Parts plain, BodyCompression compression)
    {
        if (compression == BodyCompression.None)
            return Create(version, compression, plain, plain);

        using var scratch = PooledMemory.Rent(compression == BodyCompression.Lz4 ? Lz4Bound(plain) : ZstdBound(plain));
        var target = scratch.Memory.Span;
        var length = compression == BodyCompression.Lz4 ? Lz4(plain, target) : Zstd(plain, target);
        return length <= plain.Length * (1 - LeastSaved)
            ? Create(version, compression, new Parts(target[..length], default), plain)
            : Create(version, BodyCompression.None, plain, plain);
    }

    /// <summary>Bytes of what is in it once that is unpacked, as far as the message tells the truth.</summary>
    public static int PlainLength(ReadOnlySpan<byte> body) =>
        body.Length < HeaderBytes ? 0 : Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(body[1..]), 0, LargestBytes);

    private static PooledMemory Create(int version, BodyCompression compression, Parts content, Parts plain)
    {
        var body = PooledMemory.Rent(HeaderBytes + content.Length);
        body.Array[0] = (byte)((version << 4) | (byte)compression);
        BinaryPrimitives.WriteInt32LittleEndian(body.Array.AsSpan(1), plain.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(body.Array.AsSpan(HashOffset), Hash(plain));
        content.CopyTo(body.Array.AsSpan(HeaderBytes));
        return body;
    }

    /// <returns>One batch or more, each the owner of its own memory.</returns>
    /// <exception cref="UnknownBatchVersionException">Another build wrote it.</exception>
    /// <exception cref="BatchFormatException">The body is no batches of this kind, or is damaged.</exception>
    public static IReadOnlyList<T> Unpack<T>(ReadOnlySpan<byte> body) where T : class, IBatch<T>
    {
        if (body.Length < HeaderBytes)
            throw new BatchFormatException("The message is too short to be a batch.");
        var version = body[0] >> 4;
        if (version > SeveralBatches)
            throw new UnknownBatchVersionException($"The message is framed in version {version}; this build reads versions up to {SeveralBatches}.");
        if (version < OneBatch)
            throw new BatchFormatException("The message is not framed as a batch.");

        var length = BinaryPrimitives.ReadInt32LittleEndian(body[1..]);
        if (length is < 0 or > LargestBytes)
            throw new BatchFormatException($"The message claims to hold {length} bytes.");

        var plain = PooledMemory.Rent(length);
        try
        {
            var target = plain.Memory.Span;
            var written = Compression(body) switch
            {
                BodyCompression.None => Copy(body[HeaderBytes..], target),
                BodyCompression.Lz4 => LZ4Codec.Decode(body[HeaderBytes..], target),
                BodyCompression.Zstd => UnZstd(body[HeaderBytes..], target),
                var other => throw new UnknownBatchVersionException($"The message is compressed in a way ({other}) that this build does not know."),
            };
            if (written != length || XxHash3.HashToUInt64(target) != BinaryPrimitives.ReadUInt64LittleEndian(body[HashOffset..]))
                throw new BatchFormatException("The message's body is damaged.");
            if (version == OneBatch)
                return [T.Decode(plain)];
            var batches = Split<T>(target);
            plain.Dispose();
            return batches;
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }

    private static List<T> Split<T>(ReadOnlySpan<byte> plain) where T : class, IBatch<T>
    {
        var batches = new List<T>();
        var reader = new WireReader(plain);
        try
        {
            do
            {
                batches.Add(DecodeCopy<T>(reader.Bytes()));
            }
            while (reader.Remaining > 0);
            return batches;
        }
        catch
        {
            batches.ForEach(b => b.Dispose());
            throw;
        }
    }

    private static T DecodeCopy<T>(ReadOnlySpan<byte> encoded) where T : class, IBatch<T>
    {
        var own = PooledMemory.Rent(encoded.Length);
        try
        {
            encoded.CopyTo(own.Memory.Span);
            return T.Decode(own);
        }
        catch
        {
            own.Dispose();
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

    private static ulong Hash(Parts plain)
    {
        var hash = new XxHash3();
        hash.Append(plain.Head);
        hash.Append(plain.Payload);
        return hash.GetCurrentHashAsUInt64();
    }

    private static int Lz4Bound(Parts plain) => LZ4Codec.MaximumOutputSize(plain.Length);

    private static int Lz4(Parts plain, Span<byte> target)
    {
        using var joined = PooledMemory.Rent(plain.Length);
        plain.CopyTo(joined.Memory.Span);
        return LZ4Codec.Encode(joined.Memory.Span, target);
    }

    private static int ZstdBound(Parts plain) =>
        ZstdSharp.Compressor.GetCompressBound(plain.Head.Length) + ZstdSharp.Compressor.GetCompressBound(plain.Payload.Length);

    /// <summary>Each part in a frame of its own, so that they need not lie together; a decoder takes several frames as one.</summary>
    private static int Zstd(Parts plain, Span<byte> target)
    {
        _compressor ??= CreateCompressor();
        var length = _compressor.Wrap(plain.Head, target);
        return plain.Payload.IsEmpty ? length : length + _compressor.Wrap(plain.Payload, target[length..]);
    }

    private static ZstdSharp.Compressor CreateCompressor()
    {
        var compressor = new ZstdSharp.Compressor(FastZstd);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_hashLog, ZstdHashLog);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_minMatch, ZstdShortestMatch);
        return compressor;
    }

    private static int UnZstd(ReadOnlySpan<byte> source, Span<byte> target)
    {
        _decompressor ??= new ZstdSharp.Decompressor();
        try
        {
            return _decompressor.Unwrap(source, target);
        }
        catch (ZstdSharp.ZstdException damaged)
        {
            throw new BatchFormatException($"The message's body is damaged: {damaged.Message}.");
        }
    }

    /// <summary>What is packed, as if it lay together.</summary>
    private readonly ref struct Parts(ReadOnlySpan<byte> head, ReadOnlySpan<byte> payload)
    {
        public ReadOnlySpan<byte> Head { get; } = head;

        public ReadOnlySpan<byte> Payload { get; } = payload;

        public int Length => Head.Length + Payload.Length;

        public void CopyTo(Span<byte> target)
        {
            Head.CopyTo(target);
            Payload.CopyTo(target[Head.Length..]);
        }
    }
}
