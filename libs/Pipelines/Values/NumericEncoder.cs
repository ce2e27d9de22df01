using System.Buffers.Binary;
using Ingest.Messaging;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>
/// numeric: the count of base-10000 digits, the weight of the first, the sign and the scale, then the digits, two
/// bytes each (numeric_send in PostgreSQL's numeric.c).
/// </summary>
internal sealed class NumericEncoder() : ScalarEncoder(ColumnType.Numeric, "a number")
{
    internal const ushort Negative = 0x4000;
    internal const ushort NaN = 0xC000;
    internal const ushort PositiveInfinity = 0xD000;
    internal const ushort NegativeInfinity = 0xF000;

    private const int HeaderBytes = 8;

    protected override Fault WriteNumber(ReadOnlySpan<byte> spelling, TupleWriter writer)
    {
        if (!DecimalSpelling.TryParse(spelling, out var number))
            return Fault.Syntax;
        if (!number.FitsNumeric)
            return Fault.Range;
        Write(number, writer);
        return Fault.None;
    }

    protected override Fault WriteText(ReadOnlySpan<byte> text, TupleWriter writer)
    {
        text = AsciiText.Trim(text);
        if (text.Length == 0)
            return Fault.Syntax;
        var last = text[^1] | 0x20;
        if (last is not ('n' or 'f' or 'y'))
            return WriteNumber(text, writer);
        var unsigned = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        if (SpecialNumber.IsInfinity(unsigned))
            WriteSpecial(text[0] == '-' ? NegativeInfinity : PositiveInfinity, writer);
        else if (SpecialNumber.IsNaN(text))
            WriteSpecial(NaN, writer);
        else
            return Fault.Syntax;
        return Fault.None;
    }

    private static void Write(in DecimalSpelling number, TupleWriter writer)
    {
        var weight = 0;
        var digits = 0;
        var at = 0;
        if (!number.IsZero)
        {
            // Rounds down, also below zero.
            weight = (number.Point - number.First - 1) >> 2;
            at = number.Point - ((weight + 1) * 4);
            digits = (number.FindEnd() - at + 3) / 4;
        }

        var size = HeaderBytes + (digits * 2);
        var field = writer.GetSpan(4 + size);
        BinaryPrimitives.WriteInt32BigEndian(field, size);
        WriteHeader(field[4..], digits, weight, number.Negative ? Negative : (ushort)0, number.Scale);
        for (var i = 0; i < digits; i++, at += 4)
        {
            var digit = (number[at] * 1000) + (number[at + 1] * 100) + (number[at + 2] * 10) + number[at + 3];
            BinaryPrimitives.WriteInt16BigEndian(field[(4 + HeaderBytes + (i * 2))..], (short)digit);
        }

        writer.Advance(4 + size);
    }

    private static void WriteSpecial(ushort sign, TupleWriter writer)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        WriteHeader(header, 0, 0, sign, 0);
        writer.WriteField(header);
    }

    private static void WriteHeader(Span<byte> header, int digits, int weight, ushort sign, int scale)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)digits);
        BinaryPrimitives.WriteInt16BigEndian(header[2..], (short)weight);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], sign);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)scale);
    }
}
