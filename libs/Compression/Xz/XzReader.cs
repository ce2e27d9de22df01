using System.Buffers.Binary;
using System.IO.Hashing;

namespace Ingest.Compression.Xz;

/// <summary>Reads the pieces of which a .xz file is made, each with its checksum.</summary>
internal sealed class XzReader(CompressedInput input)
{
    /// <summary>Nine bytes of seven bits (section 1.2).</summary>
    private const int LongestInteger = 9;

    private readonly Crc32 _crc = new();
    private readonly byte[] _one = new byte[1];

    /// <summary>Compressed bytes read so far.</summary>
    public long Offset => input.Offset;

    /// <returns>Null at the end of the input.</returns>
    public async ValueTask<byte?> TryReadByteAsync(CancellationToken cancellationToken)
    {
        if (await input.ReadAsync(_one, cancellationToken) == 0)
            return null;
        _crc.Append(_one);
        return _one[0];
    }

    public async ValueTask<byte> ReadByteAsync(CancellationToken cancellationToken) =>
        await TryReadByteAsync(cancellationToken) ?? throw new InvalidDataException("is cut short");

    public async ValueTask ReadAsync(Memory<byte> bytes, CancellationToken cancellationToken)
    {
        if (await input.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken) < bytes.Length)
            throw new InvalidDataException("is cut short");
        _crc.Append(bytes.Span);
    }

    public async ValueTask<ulong> ReadIntegerAsync(CancellationToken cancellationToken)
    {
        ulong value = 0;
        for (var i = 0; i < LongestInteger; i++)
        {
            var octet = await ReadByteAsync(cancellationToken);
            value |= (ulong)(octet & 0x7f) << (7 * i);
            if ((octet & 0x80) == 0)
                return octet == 0 && i > 0 ? throw Damaged() : value;
        }

        throw Damaged();
    }

    /// <summary>The zeros that make the length a multiple of four.</summary>
    public async ValueTask ReadPaddingAsync(long length, CancellationToken cancellationToken)
    {
        for (; length % 4 != 0; length++)
        {
            if (await ReadByteAsync(cancellationToken) != 0)
                throw Damaged();
        }
    }

    /// <summary>What is read from here on is summed.</summary>
    public void BeginChecksum() => _crc.Reset();

    /// <summary>The checksum of what was read since the beginning must follow.</summary>
    public async ValueTask VerifyChecksumAsync(CancellationToken cancellationToken)
    {
        var expected = _crc.GetCurrentHashAsUInt32();
        var found = new byte[sizeof(uint)];
        await ReadAsync(found, cancellationToken);
        if (BinaryPrimitives.ReadUInt32LittleEndian(found) != expected)
            throw Damaged();
    }

    public static InvalidDataException Damaged() => new("is damaged");
}
