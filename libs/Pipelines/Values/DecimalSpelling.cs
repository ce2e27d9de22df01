namespace Ingest.Pipelines.Values;

/// <summary>
/// A decimal number taken apart where it stands: a row of digits and the place of the point in it once the exponent
/// is applied. Reads what PostgreSQL's <c>numeric_in</c> reads, which includes every JSON number.
/// </summary>
internal readonly ref struct DecimalSpelling
{
    private const int MaxIntegerDigits = 131_072;
    private const int MaxScale = 16_383;
    private const int ExponentLimit = int.MaxValue / 2;

    private readonly ReadOnlySpan<byte> _whole;
    private readonly ReadOnlySpan<byte> _fraction;

    private DecimalSpelling(bool negative, ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, int exponent)
    {
        _whole = whole;
        _fraction = fraction;
        Count = whole.Length + fraction.Length;
        Point = whole.Length + exponent;
        First = whole.IndexOfAnyExcept((byte)'0');
        if (First < 0)
        {
            var zeros = fraction.IndexOfAnyExcept((byte)'0');
            First = zeros < 0 ? Count : whole.Length + zeros;
        }

        Negative = negative && First < Count;
        Scale = Math.Max(0, Count - Point);
        FitsNumeric = Math.Abs(exponent) < ExponentLimit
            && Scale <= MaxScale
            && (IsZero || Point - First <= MaxIntegerDigits);
    }

    /// <summary>How many digits are spelled.</summary>
    public int Count { get; }

    /// <summary>The index of the first digit that is not zero; <see cref="Count"/> when all are.</summary>
    public int First { get; }

    /// <summary>How many digits stand before the point: less than zero or more than there are after an exponent.</summary>
    public int Point { get; }

    /// <summary>How many digits <c>numeric</c> shows after the point.</summary>
    public int Scale { get; }

    public bool IsZero => First == Count;

    /// <summary>False for every zero.</summary>
    public bool Negative { get; }

    /// <summary>False when PostgreSQL says "value overflows numeric format".</summary>
    public bool FitsNumeric { get; }

    /// <summary>The digit's value; zero outside of what is spelled.</summary>
    public int this[int index] =>
        (uint)index >= (uint)Count ? 0
        : index < _whole.Length ? _whole[index] - '0'
        : _fraction[index - _whole.Length] - '0';

    /// <summary>Takes the text apart; false when it is no number. White space around it is no part of it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DecimalSpelling number)
    {
        number = default;
        var negative = text.StartsWith((byte)'-');
        if (negative || text.StartsWith((byte)'+'))
            text = text[1..];
        var whole = TakeDigits(ref text);
        ReadOnlySpan<byte> fraction = [];
        if (text.StartsWith((byte)'.'))
        {
            text = text[1..];
            fraction = TakeDigits(ref text);
        }

        if (whole.Length + fraction.Length == 0)
            return false;
        var exponent = 0;
        if (text.Length > 0 && ((text[0] | 0x20) != 'e' || !TryParseExponent(text[1..], out exponent)))
            return false;
        number = new DecimalSpelling(negative, whole, fraction, exponent);
        return true;
    }

    /// <summary>
    /// The number times ten to the power of <paramref name="shift"/>, without its sign, rounded to a whole number,
    /// halves to even; false from 10^19 on.
    /// </summary>
    public bool TryGetWhole(int shift, out ulong magnitude)
    {
        magnitude = 0;
        if (IsZero)
            return true;
        var end = Point + shift;
        if (end - First > 19)
            return false;
        for (var i = First; i < end; i++)
            magnitude = (magnitude * 10) + (uint)this[i];
        var next = this[end];
        if (next > 5 || (next == 5 && ((magnitude & 1) == 1 || HasDigitsFrom(end + 1))))
            magnitude++;
        return true;
    }

    /// <summary>The index after the last digit that is not zero.</summary>
    public int FindEnd()
    {
        var last = _fraction.LastIndexOfAnyExcept((byte)'0');
        return last >= 0 ? _whole.Length + last + 1 : _whole.LastIndexOfAnyExcept((byte)'0') + 1;
    }

    private bool HasDigitsFrom(int index) => FindEnd() > index;

    private static ReadOnlySpan<byte> TakeDigits(scoped ref ReadOnlySpan<byte> text)
    {
        var length = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var digits = length < 0 ? text : text[..length];
        text = text[digits.Length..];
        return digits;
    }

    // numeric_in reads the exponent with strtol, which skips white space first.
    private static bool TryParseExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        while (text.Length > 0 && AsciiText.Space.Contains(text[0]))
            text = text[1..];
        var negative = text.StartsWith((byte)'-');
        if (negative || text.StartsWith((byte)'+'))
            text = text[1..];
        if (!AsciiText.IsAllDigits(text))
            return false;
        foreach (var digit in text)
            exponent = (int)Math.Min((exponent * 10L) + (digit - '0'), ExponentLimit);
        if (negative)
            exponent = -exponent;
        return true;
    }
}
