using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace Ingest.Compression.Xz;

/// <summary>A block's checksum (section 3.4), in one of the four kinds that are defined.</summary>
internal sealed class XzCheck : IDisposable
{
    // Section 6: the polynomial of ECMA-182, bits reversed.
    private const ulong Polynomial = 0xc96c5795d7870f42;
    private static readonly ulong[] Table = MakeTable();

    private readonly Crc32? _crc32;
    private readonly IncrementalHash? _sha256;
    private readonly bool _isCrc64;
    private ulong _crc64 = ulong.MaxValue;

    /// <param name="kind">The stream flags' second byte (section 2.1.1.2).</param>
    /// <exception cref="InvalidDataException">The kind is not defined.</exception>
    public XzCheck(byte kind)
    {
        switch (kind)
        {
            case 0x00:
                break;
            case 0x01:
                (_crc32, Length) = (new Crc32(), sizeof(uint));
                break;
            case 0x04:
                (_isCrc64, Length) = (true, sizeof(ulong));
                break;
            case 0x0a:
                (_sha256, Length) = (IncrementalHash.CreateHash(HashAlgorithmName.SHA256), SHA256.HashSizeInBytes);
                break;
            default:
                throw new InvalidDataException("has a checksum of a kind that is not known");
        }
    }

    public int Length { get; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _crc32?.Append(bytes);
        _sha256?.AppendData(bytes);
        if (!_isCrc64)
            return;
        foreach (var octet in bytes)
            _crc64 = Table[(byte)(_crc64 ^ octet)] ^ (_crc64 >> 8);
    }

    /// <summary>What the block must end with; ready for the next block then.</summary>
    public byte[] Finish()
    {
        var value = new byte[Length];
        _crc32?.GetHashAndReset(value);
        _sha256?.GetHashAndReset(value);
        if (_isCrc64)
            BinaryPrimitives.WriteUInt64LittleEndian(value, ~_crc64);
        _crc64 = ulong.MaxValue;
        return value;
    }

    public void Dispose() => _sha256?.Dispose();

    private static ulong[] MakeTable()
    {
        var table = new ulong[256];
        for (var i = 0; i < table.Length; i++)
        {
            var value = (ulong)i;
            for (var bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
            table[i] = value;
        }

        return table;
    }
}
