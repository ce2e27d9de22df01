using Ingest.Messaging;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>smallint, integer and bigint: two, four or eight bytes.</summary>
internal sealed class IntegerEncoder(ColumnType type, long min, long max) : ScalarEncoder(type, "an integer")
{
    // As many digits as fit into a long whatever they are.
    private const int SafeDigits = 18;

    protected override Fault WriteNumber(ReadOnlySpan<byte> spelling, TupleWriter writer) =>
        TryParseShort(spelling, out var value) ? Write(value, writer) : WriteLong(spelling, writer);

    protected override Fault WriteText(ReadOnlySpan<byte> text, TupleWriter writer)
    {
        text = AsciiText.Trim(text);
        if (TryParseShort(text, out var value))
            return Write(value, writer);
        var digits = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        return AsciiText.IsAllDigits(digits) ? WriteLong(text, writer) : Fault.Syntax;
    }

    private Fault WriteLong(ReadOnlySpan<byte> spelling, TupleWriter writer)
    {
        if (!DecimalSpelling.TryParse(spelling, out var number))
            return Fault.Syntax;
        if (number is { FitsNumeric: true, Scale: > 0 })
            return Fault.Syntax;
        if (!number.FitsNumeric || !number.TryGetWhole(0, out var magnitude))
            return Fault.Range;
        var value = number.Negative ? -(Int128)magnitude : magnitude;
        return value >= long.MinValue && value <= long.MaxValue ? Write((long)value, writer) : Fault.Range;
    }

    private Fault Write(long value, TupleWriter writer)
    {
        if (value < min || value > max)
            return Fault.Range;
        switch (Type)
        {
            case ColumnType.SmallInt:
                writer.WriteField((short)value);
                break;
            case ColumnType.Integer:
                writer.WriteField((int)value);
                break;
            default:
                writer.WriteField(value);
                break;
        }

        return Fault.None;
    }

    private static bool TryParseShort(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var negative = text.Length > 0 && text[0] == '-';
        var digits = negative ? text[1..] : text;
        if (digits.Length is 0 or > SafeDigits)
            return false;
        foreach (var digit in digits)
        {
            if (!AsciiText.IsDigit(digit))
                return false;
            value = (value * 10) + (digit - '0');
        }

        if (negative)
            value = -value;
        return true;
    }
}
