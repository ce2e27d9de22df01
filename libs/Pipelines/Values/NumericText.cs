using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>JSON numbers in the spelling of PostgreSQL's <c>numeric</c>, which is also that of <c>jsonb</c>.</summary>
public static class NumericText
{
    // Without an exponent a spelling of this length overflows on neither side of the point.
    private const int CertainlyNumericBytes = 16_383;

    /// <summary>False when the number overflows <c>numeric</c>: 131,072 digits before the point, 16,383 after it.</summary>
    public static bool Fits(ReadOnlySpan<byte> spelling)
    {
        if (spelling.Length <= CertainlyNumericBytes && spelling.IndexOfAny((byte)'e', (byte)'E') < 0)
            return true;
        return DecimalSpelling.TryParse(spelling, out var number) && number.FitsNumeric;
    }

    /// <summary>
    /// Appends the number to the field begun last: no exponent, no negative zero, as many digits after the point as
    /// it was spelled with. Returns false, with nothing appended, when it does not fit.
    /// </summary>
    public static bool TryAppend(ReadOnlySpan<byte> spelling, TupleWriter writer)
    {
        if (spelling.Length <= CertainlyNumericBytes && AsciiText.IsAllDigits(spelling))
        {
            writer.Append(spelling);
            return true;
        }

        if (!DecimalSpelling.TryParse(spelling, out var number) || !number.FitsNumeric)
            return false;
        var whole = number.IsZero || number.Point <= number.First ? 1 : number.Point - number.First;
        var scale = number.Scale;
        var size = whole + (scale > 0 ? scale + 1 : 0) + (number.Negative ? 1 : 0);
        var text = writer.GetSpan(size)[..size];
        var at = 0;
        if (number.Negative)
            text[at++] = (byte)'-';
        for (var i = number.Point - whole; i < number.Point; i++)
            text[at++] = (byte)('0' + (number.IsZero ? 0 : number[i]));
        if (scale > 0)
            text[at++] = (byte)'.';
        for (var i = number.Point; i < number.Point + scale; i++)
            text[at++] = (byte)('0' + number[i]);
        writer.Advance(size);
        return true;
    }
}
