using System.Buffers.Binary;
using System.Text;

namespace Ingest.Messaging.Wire;

/// <summary>Writes a batch's body into one pooled buffer: little-endian numbers, varints, length-prefixed UTF-8.</summary>
/// <param name="capacity">Bytes that it holds without growing.</param>
public sealed class WireWriter(int capacity) : IDisposable
{
    private byte[] _buffer = PooledMemory.RentArray(capacity);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public void Byte(byte value) => Reserve(1)[0] = value;

    /// <summary>An unsigned LEB128 number.</summary>
    public void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void Varint(long value) => Varint(checked((ulong)value));

    public void Long(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);

    public void Guid(Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Varint((ulong)value.Length);
        value.CopyTo(Reserve(value.Length));
    }

    /// <summary>As <see cref="Bytes"/> of both its parts.</summary>
    internal void Batch(EncodedBatch encoded)
    {
        Varint((ulong)encoded.Length);
        encoded.CopyTo(Reserve(encoded.Length));
    }

    public void Text(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Varint((ulong)length);
        Encoding.UTF8.GetBytes(value, Reserve(length));
    }

    /// <summary>A text that may be null.</summary>
    public void OptionalText(string? value)
    {
        Byte(value is null ? (byte)0 : (byte)1);
        if (value is not null)
            Text(value);
    }

    public void Dispose()
    {
        PooledMemory.Return(_buffer);
        _buffer = [];
        Length = 0;
    }

    private Span<byte> Reserve(int size)
    {
        Grow(size);
        var span = _buffer.AsSpan(Length, size);
        Length += size;
        return span;
    }

    private void Grow(int size)
    {
        if (_buffer.Length - Length >= size)
            return;
        var larger = PooledMemory.RentArray(Math.Max(Length + size, _buffer.Length * 2));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        PooledMemory.Return(_buffer);
        _buffer = larger;
    }
}
