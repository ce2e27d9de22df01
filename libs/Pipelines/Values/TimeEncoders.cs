using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Rows;
using Ingest.Pipelines.Values.Times;

namespace Ingest.Pipelines.Values;

/// <summary>timestamptz: eight bytes, microseconds since 2000-01-01 UTC.</summary>
internal sealed class TimestampTzEncoder(TimeUnit? unit) : TimeEncoder(ColumnType.TimestampTz, "a time", unit)
{
    protected override bool TryWrite(in WrittenTime time, TupleWriter writer)
    {
        if (!time.TryGetTimestamp(out var timestamp))
            return false;
        Write(timestamp, writer);
        return true;
    }

    protected override void Write(long timestamp, TupleWriter writer) => writer.WriteField(timestamp);
}

/// <summary>
/// date: four bytes, days since 2000-01-01. Of a text with a time and an offset it is the day as written, of a number
/// the day in UTC.
/// </summary>
internal sealed class DateEncoder(TimeUnit? unit) : TimeEncoder(ColumnType.Date, "a date", unit)
{
    protected override bool TryWrite(in WrittenTime time, TupleWriter writer)
    {
        writer.WriteField(time.Day);
        return true;
    }

    protected override void Write(long timestamp, TupleWriter writer)
    {
        var (day, rest) = Math.DivRem(timestamp, Civil.MicrosPerDay);
        writer.WriteField((int)(rest < 0 ? day - 1 : day));
    }
}

/// <summary>
/// Reads times: the spellings of <see cref="WrittenTime"/> and, where the column has a unit, numbers, which may also
/// stand in strings.
/// </summary>
internal abstract class TimeEncoder(ColumnType type, string noun, TimeUnit? unit) : ScalarEncoder(type, noun)
{
    /// <summary>Writes the field, or returns false when the time is out of range.</summary>
    protected abstract bool TryWrite(in WrittenTime time, TupleWriter writer);

    /// <summary>Writes the field of a time in microseconds since 2000-01-01 UTC.</summary>
    protected abstract void Write(long timestamp, TupleWriter writer);

    protected override Fault WriteNumber(ReadOnlySpan<byte> spelling, TupleWriter writer)
    {
        if (unit is null)
            return Fault.NoUnit;
        return DecimalSpelling.TryParse(spelling, out var number) ? WriteUnixTime(number, unit.Value, writer) : Fault.Syntax;
    }

    protected override Fault WriteText(ReadOnlySpan<byte> text, TupleWriter writer)
    {
        if (unit is not null && DecimalSpelling.TryParse(AsciiText.Trim(text), out var number))
            return WriteUnixTime(number, unit.Value, writer);
        if (!WrittenTime.TryParse(text, out var time))
            return Fault.Syntax;
        return TryWrite(time, writer) ? Fault.None : Fault.Range;
    }

    private Fault WriteUnixTime(in DecimalSpelling number, TimeUnit given, TupleWriter writer)
    {
        if (!UnixTime.TryGetTimestamp(number, given, out var timestamp))
            return Fault.Range;
        Write(timestamp, writer);
        return Fault.None;
    }
}
