using System.Text;

namespace Ingest.Pipelines.Values.Times;

/// <summary>
/// RFC 2822, section 3.3, <c>Mon, 06 Apr 2009 22:19:45 +0000</c>, with the zones of section 4.3 that PostgreSQL knows
/// and years of four digits or more, and Twitter's <c>Mon Apr 06 22:19:45 +0000 2009</c>. The day of the week may be
/// wrong, as in PostgreSQL.
/// </summary>
internal static class MailTime
{
    private const int NameLetters = 3;

    private static ReadOnlySpan<byte> Months => "janfebmaraprmayjunjulaugsepoctnovdec"u8;

    private static ReadOnlySpan<byte> Weekdays => "montuewedthufrisatsun"u8;

    public static bool TryParse(ReadOnlySpan<byte> text, out WrittenTime time)
    {
        time = default;
        var reader = new AsciiReader(text);
        if (AsciiText.IsDigit(reader.Next))
            return TryReadMail(ref reader, out time);
        if (!TryTakeName(ref reader, Weekdays, out _))
            return false;
        if (!reader.TrySkip((byte)','))
            return TryReadTwitter(ref reader, out time);
        reader.SkipSpaces();
        return TryReadMail(ref reader, out time);
    }

    private static bool TryReadMail(ref AsciiReader reader, out WrittenTime time)
    {
        time = default;
        return TryTakeDay(ref reader, out var day)
            && reader.SkipSpaces() && TryTakeName(ref reader, Months, out var month)
            && reader.SkipSpaces() && TryTakeYear(ref reader, out var year)
            && reader.SkipSpaces() && TryReadClock(ref reader, out var micros)
            && TryReadZone(ref reader, out var offset)
            && IsOver(ref reader)
            && TryMake(year, month, day, micros, offset, out time);
    }

    private static bool TryReadTwitter(ref AsciiReader reader, out WrittenTime time)
    {
        time = default;
        return reader.SkipSpaces() && TryTakeName(ref reader, Months, out var month)
            && reader.SkipSpaces() && TryTakeDay(ref reader, out var day)
            && reader.SkipSpaces() && TryReadClock(ref reader, out var micros)
            && reader.SkipSpaces() && ClockText.TryReadOffset(ref reader, colons: false, out var offset)
            && reader.SkipSpaces() && TryTakeYear(ref reader, out var year)
            && reader.IsAtEnd
            && TryMake(year, month, day, micros, offset, out time);
    }

    private static bool TryMake(int year, int month, int day, long micros, int offset, out WrittenTime time)
    {
        time = default;
        if (year is < 1 or > Civil.MaxDateYear || day < 1 || day > Civil.DaysInMonth(year, month))
            return false;
        time = new WrittenTime(Civil.ToDays(year, month, day), micros, offset);
        return true;
    }

    private static bool TryTakeDay(ref AsciiReader reader, out int day)
    {
        day = 0;
        var digits = reader.CountDigits();
        return digits is 1 or 2 && reader.TryTakeNumber(digits, out day);
    }

    private static bool TryTakeYear(ref AsciiReader reader, out int year)
    {
        year = 0;
        var digits = reader.CountDigits();
        return digits is >= 4 and <= 7 && reader.TryTakeNumber(digits, out year);
    }

    private static bool TryReadClock(ref AsciiReader reader, out long micros)
    {
        micros = 0;
        var second = 0;
        return reader.TryTakeNumber(2, out var hour)
            && reader.TrySkip((byte)':') && reader.TryTakeNumber(2, out var minute)
            && (!reader.TrySkip((byte)':') || reader.TryTakeNumber(2, out second))
            && ClockText.TryGetMicros(hour, minute, second, 0, out micros);
    }

    private static bool TryReadZone(ref AsciiReader reader, out int offset)
    {
        offset = 0;
        if (reader.IsAtEnd)
            return true;
        if (!reader.SkipSpaces())
            return false;
        if (reader.Next is (byte)'+' or (byte)'-')
            return ClockText.TryReadOffset(ref reader, colons: false, out offset);
        var length = reader.CountLetters();
        if (length is < 1 or > NameLetters || !reader.TryTake(length, out var taken))
            return false;
        Span<byte> name = stackalloc byte[NameLetters];
        Ascii.ToUpper(taken, name, out _);
        int? hours = name[..length] switch
        {
            [(byte)'G', (byte)'M', (byte)'T'] or [(byte)'U', (byte)'T'] or [(byte)'U', (byte)'T', (byte)'C'] or [(byte)'Z'] => 0,
            [(byte)'E', (byte)'D', (byte)'T'] => -4,
            [(byte)'E', (byte)'S', (byte)'T'] or [(byte)'C', (byte)'D', (byte)'T'] => -5,
            [(byte)'C', (byte)'S', (byte)'T'] or [(byte)'M', (byte)'D', (byte)'T'] => -6,
            [(byte)'M', (byte)'S', (byte)'T'] or [(byte)'P', (byte)'D', (byte)'T'] => -7,
            [(byte)'P', (byte)'S', (byte)'T'] => -8,
            _ => null,
        };
        offset = (hours ?? 0) * 3600;
        return hours is not null;
    }

    // Mail programs repeat the zone's name in a comment: +0200 (CEST).
    private static bool IsOver(ref AsciiReader reader)
    {
        if (reader.IsAtEnd)
            return true;
        return reader.SkipSpaces() && reader.TrySkip((byte)'(')
            && reader.TryTake(reader.CountLetters(), out _) && reader.TrySkip((byte)')') && reader.IsAtEnd;
    }

    /// <summary>Takes a name of three letters, in any case; its number counts from 1.</summary>
    private static bool TryTakeName(ref AsciiReader reader, ReadOnlySpan<byte> names, out int number)
    {
        number = 0;
        if (!reader.TryTake(NameLetters, out var name))
            return false;
        for (var at = 0; at < names.Length; at += NameLetters)
        {
            if (Ascii.EqualsIgnoreCase(name, names.Slice(at, NameLetters)))
                number = (at / NameLetters) + 1;
        }

        return number > 0;
    }
}
