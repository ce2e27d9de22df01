namespace Ingest.Pipelines.Values.Times;

/// <summary>A point in time as a text spells it.</summary>
/// <param name="Day">The calendar day, from 2000-01-01.</param>
/// <param name="Micros">The time of day, 0 to 24 hours.</param>
/// <param name="OffsetSeconds">How far the writer's clock is ahead of UTC.</param>
internal readonly record struct WrittenTime(int Day, long Micros, int OffsetSeconds)
{
    /// <summary>Reads ISO 8601 and, for times in the style of mail, RFC 2822. False when the text is neither.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out WrittenTime time)
    {
        text = AsciiText.Trim(text);
        return IsoTime.TryParse(text, out time) || MailTime.TryParse(text, out time);
    }

    /// <summary>Microseconds since 2000-01-01 UTC; false outside of PostgreSQL's range.</summary>
    public bool TryGetTimestamp(out long timestamp)
    {
        // From the first day out of range on; before it nothing below overflows.
        const int LastDay = (int)(Civil.EndTimestamp / Civil.MicrosPerDay);
        timestamp = 0;
        if (Day > LastDay)
            return false;
        timestamp = (Day * Civil.MicrosPerDay) + Micros - (OffsetSeconds * Civil.MicrosPerSecond);
        return timestamp is >= Civil.MinTimestamp and < Civil.EndTimestamp;
    }
}
