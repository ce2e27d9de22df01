namespace Ingest.Pipelines.Values.Times;

/// <summary>
/// The Gregorian calendar, extended over all of PostgreSQL's years, which are beyond those of .NET's types. Days count
/// from 2000-01-01; year 0 is 1 BC.
/// </summary>
internal static class Civil
{
    public const long MicrosPerSecond = 1_000_000;
    public const long MicrosPerDay = 86_400 * MicrosPerSecond;

    /// <summary>From 1970-01-01, where Unix times begin, to 2000-01-01, where PostgreSQL's do.</summary>
    public const long UnixToPostgresMicros = 10_957 * MicrosPerDay;

    /// <summary>PostgreSQL's first timestamp, 4714-11-24 BC, and the end of its last year, 294276.</summary>
    public const long MinTimestamp = -211_813_488_000_000_000;

    public const long EndTimestamp = 9_223_371_331_200_000_000;

    /// <summary>The last year of PostgreSQL's <c>date</c>.</summary>
    public const int MaxDateYear = 5_874_897;

    private const int DaysPerEra = 146_097;

    // From 0000-03-01, where the eras of 400 years begin, to 2000-01-01.
    private const int EpochDays = 730_425;

    public static int DaysInMonth(int year, int month) =>
        month == 2 ? (IsLeap(year) ? 29 : 28) : 30 + ((month + (month >> 3)) & 1);

    public static int DaysInYear(int year) => IsLeap(year) ? 366 : 365;

    /// <summary>Years before 0 are no part of it.</summary>
    public static int ToDays(int year, int month, int day)
    {
        // Years that begin in March have the leap day at their end.
        var (shiftedYear, shiftedMonth) = month > 2 ? (year, month - 3) : (year - 1, month + 9);
        if (shiftedYear < 0)
            return ToDays(year + 400, month, day) - DaysPerEra;
        var days = ((153 * shiftedMonth) + 2) / 5;
        return (int)((365L * shiftedYear) + (shiftedYear / 4) - (shiftedYear / 100) + (shiftedYear / 400) + days + day - 1 - EpochDays);
    }

    public static (int Year, int Month, int Day) FromDays(int days)
    {
        var shifted = (long)days + EpochDays;
        var era = (shifted >= 0 ? shifted : shifted - DaysPerEra + 1) / DaysPerEra;
        var dayOfEra = (int)(shifted - (era * DaysPerEra));
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var shiftedMonth = ((5 * dayOfYear) + 2) / 153;
        var month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
        var year = (int)((era * 400) + yearOfEra + (month <= 2 ? 1 : 0));
        return (year, month, dayOfYear - (((153 * shiftedMonth) + 2) / 5) + 1);
    }

    private static bool IsLeap(int year) => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
