using System.Buffers.Binary;
using Ingest.Messaging;

namespace Ingest.Pipelines.Rows;

/// <summary>
/// Builds binary COPY tuples in one pooled buffer, which belongs to the writer until <see cref="Detach"/>. A row or a
/// field that turns out to be impossible is taken back with <see cref="Rewind"/>.
/// </summary>
/// <param name="capacity">Bytes that it holds without growing; with none it holds no memory before it is written to.</param>
public sealed class TupleWriter(int capacity = 0) : IDisposable
{
    private byte[] _buffer = PooledMemory.RentArray(capacity);
    private int _length;

    /// <summary>
    /// Bytes that the rows may take. What is written is not kept from growing past it: who builds a row looks at
    /// <see cref="IsOver"/> between its fields, so that it is only ever a field too long.
    /// </summary>
    public int MaxBytes { get; init; } = int.MaxValue;

    /// <summary>True when more is written than <see cref="MaxBytes"/>.</summary>
    public bool IsOver => _length > MaxBytes;

    /// <summary>Bytes written so far.</summary>
    public int Length => _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Drops everything written after the given length.</summary>
    public void Rewind(int length) => _length = length;

    public void BeginRow(int fields)
    {
        BinaryPrimitives.WriteInt16BigEndian(Reserve(2), (short)fields);
    }

    public void WriteNull() => BinaryPrimitives.WriteInt32BigEndian(Reserve(4), -1);

    /// <summary>Writes a field whose bytes are known.</summary>
    public void WriteField(ReadOnlySpan<byte> value)
    {
        var span = Reserve(4 + value.Length);
        BinaryPrimitives.WriteInt32BigEndian(span, value.Length);
        value.CopyTo(span[4..]);
    }

    public void WriteField(byte value)
    {
        var span = Reserve(5);
        BinaryPrimitives.WriteInt32BigEndian(span, 1);
        span[4] = value;
    }

    public void WriteField(short value)
    {
        var span = Reserve(6);
        BinaryPrimitives.WriteInt32BigEndian(span, 2);
        BinaryPrimitives.WriteInt16BigEndian(span[4..], value);
    }

    public void WriteField(int value)
    {
        var span = Reserve(8);
        BinaryPrimitives.WriteInt32BigEndian(span, 4);
        BinaryPrimitives.WriteInt32BigEndian(span[4..], value);
    }

    public void WriteField(long value)
    {
        var span = Reserve(12);
        BinaryPrimitives.WriteInt32BigEndian(span, 8);
        BinaryPrimitives.WriteInt64BigEndian(span[4..], value);
    }

    /// <summary>Begins a field whose length is not known yet; the mark goes to <see cref="EndField"/>.</summary>
    public int BeginField()
    {
        Reserve(4);
        return _length;
    }

    public void EndField(int mark) =>
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(mark - 4), _length - mark);

    /// <summary>Leaves only a part of the last field, which begins (with its length) at the given place.</summary>
    public void NarrowField(int field, int offset, int length)
    {
        _buffer.AsSpan(field + 4 + offset, length).CopyTo(_buffer.AsSpan(field + 4));
        _length = field + 4 + length;
        EndField(field + 4);
    }

    /// <summary>Appends bytes to the field begun last.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void Append(byte value) => Reserve(1)[0] = value;

    /// <summary>Space for at most <paramref name="size"/> bytes more; say with <see cref="Advance"/> how many were used.</summary>
    public Span<byte> GetSpan(int size)
    {
        Grow(size);
        return _buffer.AsSpan(_length);
    }

    public void Advance(int count) => _length += count;

    /// <summary>Hands the buffer over; the writer is empty afterwards.</summary>
    public PooledMemory Detach()
    {
        if (_length < _buffer.Length / 2)
        {
            // What was grown for a row that did not become one would be held, and not counted, as long as the batch.
            var fitting = PooledMemory.Rent(_length);
            Written.CopyTo(fitting.Array);
            Dispose();
            return fitting;
        }

        var owner = new PooledMemory(_buffer, _length);
        _buffer = [];
        _length = 0;
        return owner;
    }

    public void Dispose()
    {
        PooledMemory.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private Span<byte> Reserve(int size)
    {
        Grow(size);
        var span = _buffer.AsSpan(_length, size);
        _length += size;
        return span;
    }

    private void Grow(int size)
    {
        if (_buffer.Length - _length >= size)
            return;
        var larger = PooledMemory.RentArray(Math.Max(checked(_length + size), (int)Math.Clamp(_buffer.Length * 2L, 4096, Array.MaxLength)));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        PooledMemory.Return(_buffer);
        _buffer = larger;
    }
}
