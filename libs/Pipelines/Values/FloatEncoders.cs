using System.Globalization;
using System.Numerics;
using Ingest.Messaging;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>real: the four bytes of a float.</summary>
internal sealed class RealEncoder() : FloatEncoder<float>(ColumnType.Real)
{
    // PostgreSQL's NaN; .NET's has the sign set.
    private const int NaNBits = 0x7FC00000;

    protected override void Write(float value, TupleWriter writer) =>
        writer.WriteField(float.IsNaN(value) ? NaNBits : BitConverter.SingleToInt32Bits(value));
}

/// <summary>double precision: the eight bytes of a double.</summary>
internal sealed class DoubleEncoder() : FloatEncoder<double>(ColumnType.DoublePrecision)
{
    private const long NaNBits = 0x7FF8000000000000;

    protected override void Write(double value, TupleWriter writer) =>
        writer.WriteField(double.IsNaN(value) ? NaNBits : BitConverter.DoubleToInt64Bits(value));
}

/// <summary>Reads what <c>float4in</c> and <c>float8in</c> read: overflow and underflow are refused.</summary>
internal abstract class FloatEncoder<T>(ColumnType type) : ScalarEncoder(type, "a number")
    where T : struct, IBinaryFloatingPointIeee754<T>
{
    private const NumberStyles Decimal =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    // A value that is not zero has its first digit no further than 324 places behind the point, so that a shorter
    // spelling has a scale that numeric takes.
    private const int CertainlyNumericBytes = 16_000;

    protected abstract void Write(T value, TupleWriter writer);

    protected override Fault WriteNumber(ReadOnlySpan<byte> spelling, TupleWriter writer)
    {
        if (!T.TryParse(spelling, Decimal, CultureInfo.InvariantCulture, out var value) || T.IsInfinity(value))
            return Fault.Range;
        if (T.IsZero(value) || spelling.Length > CertainlyNumericBytes)
        {
            if (!DecimalSpelling.TryParse(spelling, out var number) || !number.FitsNumeric || number.IsZero != T.IsZero(value))
                return Fault.Range;
        }

        // numeric, through which a number goes, has no negative zero.
        Write(T.IsZero(value) ? T.Zero : value, writer);
        return Fault.None;
    }

    protected override Fault WriteText(ReadOnlySpan<byte> text, TupleWriter writer)
    {
        text = AsciiText.Trim(text);
        var unsigned = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        T value;
        if (unsigned.Length > 0 && (AsciiText.IsDigit(unsigned[0]) || unsigned[0] == '.'))
        {
            if (!T.TryParse(text, Decimal, CultureInfo.InvariantCulture, out value))
                return Fault.Syntax;
            if (T.IsInfinity(value) || (T.IsZero(value) && DecimalSpelling.TryParse(text, out var number) && !number.IsZero))
                return Fault.Range;
        }
        else if (SpecialNumber.IsInfinity(unsigned))
        {
            value = text[0] == '-' ? T.NegativeInfinity : T.PositiveInfinity;
        }
        else if (SpecialNumber.IsNaNOfC(unsigned))
        {
            value = T.NaN;
        }
        else
        {
            return Fault.Syntax;
        }

        Write(value, writer);
        return Fault.None;
    }
}
