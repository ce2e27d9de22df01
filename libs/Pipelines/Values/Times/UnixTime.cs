using Ingest.Pipelines.Definition;

namespace Ingest.Pipelines.Values.Times;

/// <summary>Numbers that count from 1970-01-01 UTC.</summary>
internal static class UnixTime
{
    /// <summary>
    /// Microseconds since 2000-01-01 UTC, rounded, halves to even as PostgreSQL rounds times. False outside of its range.
    /// </summary>
    public static bool TryGetTimestamp(in DecimalSpelling number, TimeUnit unit, out long timestamp)
    {
        timestamp = 0;
        var shift = unit switch
        {
            TimeUnit.Seconds => 6,
            TimeUnit.Milliseconds => 3,
            TimeUnit.Microseconds => 0,
            _ => -3,
        };
        if (!number.FitsNumeric || !number.TryGetWhole(shift, out var magnitude))
            return false;
        // The end of PostgreSQL's range, counted from 1970, is beyond a long.
        var micros = (number.Negative ? -(Int128)magnitude : magnitude) - Civil.UnixToPostgresMicros;
        if (micros < Civil.MinTimestamp || micros >= Civil.EndTimestamp)
            return false;
        timestamp = (long)micros;
        return true;
    }
}
