namespace Ingest.Pipelines.Values.Times;

/// <summary>
/// ISO 8601 as far as PostgreSQL reads it: <c>2018-10-01T00:00:00.123456+02:00</c>, its basic form
/// <c>20181001T000000Z</c> and ordinal dates, <c>2018-274</c>; a space instead of the T, lower-case letters, one-digit
/// months and days, years of more than four digits. Without a time it is midnight, without an offset UTC.
/// </summary>
internal static class IsoTime
{
    private const int MaxYearDigits = 7;

    public static bool TryParse(ReadOnlySpan<byte> text, out WrittenTime time)
    {
        time = default;
        var reader = new AsciiReader(text);
        if (!TryReadDate(ref reader, out var day))
            return false;
        var (micros, offset) = (0L, 0);
        if (!reader.IsAtEnd)
        {
            if (!reader.TrySkip((byte)'T') && !reader.TrySkip((byte)' ') && !reader.TrySkip((byte)'t'))
                return false;
            if (!TryReadClock(ref reader, out micros, out var colons)
                || !TryReadZone(ref reader, colons, out offset)
                || !reader.IsAtEnd)
            {
                return false;
            }
        }

        time = new WrittenTime(day, micros, offset);
        return true;
    }

    private static bool TryReadDate(ref AsciiReader reader, out int day)
    {
        day = 0;
        var digits = reader.CountDigits();
        var basic = digits == 8;
        if (!basic && digits is < 4 or > MaxYearDigits)
            return false;
        if (!reader.TryTakeNumber(basic ? 4 : digits, out var year) || year is < 1 or > Civil.MaxDateYear)
            return false;
        int month;
        int dayOfMonth;
        if (basic)
        {
            if (!reader.TryTakeNumber(2, out month) || !reader.TryTakeNumber(2, out dayOfMonth))
                return false;
        }
        else
        {
            if (!reader.TrySkip((byte)'-'))
                return false;
            digits = reader.CountDigits();
            if (digits == 3)
            {
                if (!reader.TryTakeNumber(3, out var dayOfYear) || dayOfYear < 1 || dayOfYear > Civil.DaysInYear(year))
                    return false;
                day = Civil.ToDays(year, 1, 1) + dayOfYear - 1;
                return true;
            }

            if (digits is < 1 or > 2 || !reader.TryTakeNumber(digits, out month) || !reader.TrySkip((byte)'-'))
                return false;
            digits = reader.CountDigits();
            if (digits is < 1 or > 2 || !reader.TryTakeNumber(digits, out dayOfMonth))
                return false;
        }

        if (month is < 1 or > 12 || dayOfMonth < 1 || dayOfMonth > Civil.DaysInMonth(year, month))
            return false;
        day = Civil.ToDays(year, month, dayOfMonth);
        return true;
    }

    private static bool TryReadClock(ref AsciiReader reader, out long micros, out bool colons)
    {
        micros = 0;
        var digits = reader.CountDigits();
        colons = digits == 2;
        if (digits is not (2 or 4 or 6) || !reader.TryTakeNumber(2, out var hour))
            return false;
        if (colons && !reader.TrySkip((byte)':'))
            return false;
        if (!reader.TryTakeNumber(2, out var minute))
            return false;
        var (second, fraction) = (0, 0L);
        if (digits == 6 || (colons && reader.TrySkip((byte)':')))
        {
            if (!reader.TryTakeNumber(2, out second))
                return false;
            if (reader.TrySkip((byte)'.') && !ClockText.TryReadFraction(ref reader, out fraction))
                return false;
        }

        return ClockText.TryGetMicros(hour, minute, second, fraction, out micros);
    }

    // PostgreSQL takes the basic form's offset for a date when it has a colon.
    private static bool TryReadZone(ref AsciiReader reader, bool colons, out int offset)
    {
        offset = 0;
        if (reader.IsAtEnd || reader.TrySkip((byte)'Z'))
            return true;
        reader.TrySkip((byte)' ');
        return reader.TrySkip((byte)'Z') || reader.TrySkip((byte)'z') || ClockText.TryReadOffset(ref reader, colons, out offset);
    }
}
