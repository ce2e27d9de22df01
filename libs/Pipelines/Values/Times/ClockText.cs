using System.Globalization;

namespace Ingest.Pipelines.Values.Times;

/// <summary>The parts of a time that ISO 8601 and RFC 2822 spell alike.</summary>
internal static class ClockText
{
    private const int MaxOffsetHours = 15;

    // Longer fractions, and those that may lie half-way, go through a double, as in PostgreSQL.
    private const int SafeFractionDigits = 9;

    private static readonly int[] PowersOfTen = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

    /// <summary>
    /// The time of day. As in PostgreSQL 24:00:00 and a sixtieth second are fine, and what is after 24:00:00 is not.
    /// </summary>
    public static bool TryGetMicros(int hour, int minute, int second, long fraction, out long micros)
    {
        micros = (((((hour * 60L) + minute) * 60) + second) * Civil.MicrosPerSecond) + fraction;
        return minute <= 59 && second <= 60 && micros <= Civil.MicrosPerDay;
    }

    /// <summary>Reads the digits after the point; as in PostgreSQL they are rounded to microseconds, halves to even.</summary>
    public static bool TryReadFraction(ref AsciiReader reader, out long micros)
    {
        micros = 0;
        var count = reader.CountDigits();
        if (count == 0 || !reader.TryTake(count, out var digits))
            return false;
        if (count <= SafeFractionDigits)
        {
            foreach (var digit in digits)
                micros = (micros * 10) + (digit - '0');
            if (count <= 6)
            {
                micros *= PowersOfTen[6 - count];
                return true;
            }

            var divisor = PowersOfTen[count - 6];
            var rest = micros % divisor * 2;
            if (rest != divisor)
            {
                micros = (micros / divisor) + (rest > divisor ? 1 : 0);
                return true;
            }
        }

        // Digits beyond these, more than any point half-way between two doubles has, change no double that matters.
        const int SignificantDigits = 1100;
        Span<byte> spelling = stackalloc byte[SignificantDigits + 1];
        digits = digits[..Math.Min(count, SignificantDigits)];
        spelling[0] = (byte)'.';
        digits.CopyTo(spelling[1..]);
        var value = double.Parse(spelling[..(digits.Length + 1)], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        micros = (long)Math.Round(value * Civil.MicrosPerSecond, MidpointRounding.ToEven);
        return true;
    }

    /// <summary>Reads <c>+hh</c>, <c>+hhmm</c> and, where colons may be, <c>+hh:mm</c> or <c>+hh:mm:ss</c>; up to 15:59:59 either way.</summary>
    public static bool TryReadOffset(ref AsciiReader reader, bool colons, out int seconds)
    {
        seconds = 0;
        var west = reader.TrySkip((byte)'-');
        if ((!west && !reader.TrySkip((byte)'+')) || !reader.TryTakeNumber(2, out var hour))
            return false;
        var (minute, second) = (0, 0);
        if (colons && reader.TrySkip((byte)':'))
        {
            if (!reader.TryTakeNumber(2, out minute) || (reader.TrySkip((byte)':') && !reader.TryTakeNumber(2, out second)))
                return false;
        }
        else if (reader.CountDigits() > 0 && !reader.TryTakeNumber(2, out minute))
        {
            return false;
        }

        seconds = ((hour * 60) + minute) * 60 + second;
        if (west)
            seconds = -seconds;
        return hour <= MaxOffsetHours && minute <= 59 && second <= 59;
    }
}
