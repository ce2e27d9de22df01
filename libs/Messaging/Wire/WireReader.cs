using System.Buffers.Binary;
using System.Text;

namespace Ingest.Messaging.Wire;

/// <summary>Reads what <see cref="WireWriter"/> wrote; anything that does not fit is a <see cref="BatchFormatException"/>.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public readonly int Remaining => _rest.Length;

    public byte Byte() => Take(1)[0];

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Byte();
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
                return value;
        }

        throw new BatchFormatException("A number in the batch is longer than 64 bits.");
    }

    /// <summary>A length or count, at most <see cref="int.MaxValue"/>.</summary>
    public int Count()
    {
        var value = Varint();
        return value <= int.MaxValue ? (int)value : throw new BatchFormatException("A length in the batch is over 2 GiB.");
    }

    /// <summary>A count of things, so that a damaged one cannot ask for all memory.</summary>
    /// <param name="leastBytes">What each of them takes at least.</param>
    public int ItemCount(int leastBytes)
    {
        var count = Count();
        return count <= Remaining / leastBytes ? count : throw new BatchFormatException("A count in the batch is larger than the batch.");
    }

    /// <summary>A line number, an offset or a length in a source.</summary>
    public long Place() => PlaceAfter(0);

    /// <summary>A place in a source that is written as its distance from one before it.</summary>
    public long PlaceAfter(long before)
    {
        var distance = Varint();
        return distance <= (ulong)(long.MaxValue - before)
            ? before + (long)distance
            : throw new BatchFormatException("A place in a source is beyond 63 bits.");
    }

    public DateTimeOffset Time()
    {
        var ticks = Long();
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw new BatchFormatException("A time in the batch is none.");
    }

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public Guid Guid() => new(Take(16), bigEndian: true);

    public ReadOnlySpan<byte> Bytes() => Take(Count());

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public string? OptionalText() => Byte() == 0 ? null : Text();

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new BatchFormatException("The batch is cut short.");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
