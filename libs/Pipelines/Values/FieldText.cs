using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Ingest.Pipelines.Values.Times;

namespace Ingest.Pipelines.Values;

/// <summary>
/// Reads the fields of binary COPY tuples back, for a store that takes no such tuples. A field is its bytes without
/// their length; texts are spelled as PostgreSQL does with the time zone UTC and the date style ISO.
/// </summary>
public static class FieldText
{
    private const int NumericHeaderBytes = 8;

    /// <summary>A smallint, an integer or a bigint.</summary>
    public static long Integer(ReadOnlySpan<byte> field) => field.Length switch
    {
        2 => BinaryPrimitives.ReadInt16BigEndian(field),
        4 => BinaryPrimitives.ReadInt32BigEndian(field),
        _ => BinaryPrimitives.ReadInt64BigEndian(field),
    };

    public static float Real(ReadOnlySpan<byte> field) => BinaryPrimitives.ReadSingleBigEndian(field);

    public static double DoublePrecision(ReadOnlySpan<byte> field) => BinaryPrimitives.ReadDoubleBigEndian(field);

    public static bool Boolean(ReadOnlySpan<byte> field) => field[0] != 0;

    /// <summary>The JSON text, in UTF-8, as it came.</summary>
    public static ReadOnlySpan<byte> Jsonb(ReadOnlySpan<byte> field) => field[1..];

    /// <summary>Lower-case, with hyphens.</summary>
    public static string Uuid(ReadOnlySpan<byte> field) => new Guid(field, bigEndian: true).ToString();

    /// <summary><c>2018-10-01</c>; years have four digits or more, and those before 1 end in <c> BC</c>.</summary>
    public static string Date(ReadOnlySpan<byte> field)
    {
        var (year, month, day) = Civil.FromDays(BinaryPrimitives.ReadInt32BigEndian(field));
        return string.Create(CultureInfo.InvariantCulture, $"{Shown(year):0000}-{month:00}-{day:00}{Era(year)}");
    }

    /// <summary><c>2018-10-01 00:00:00+00</c>, with a fraction of up to six digits when it is not zero.</summary>
    public static string TimestampTz(ReadOnlySpan<byte> field)
    {
        var timestamp = BinaryPrimitives.ReadInt64BigEndian(field);
        var (days, micros) = Math.DivRem(timestamp, Civil.MicrosPerDay);
        if (micros < 0)
            (days, micros) = (days - 1, micros + Civil.MicrosPerDay);
        var (year, month, day) = Civil.FromDays((int)days);
        var (seconds, fraction) = Math.DivRem(micros, Civil.MicrosPerSecond);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Shown(year):0000}-{month:00}-{day:00} {seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}{fraction / 1e6:.######}+00{Era(year)}");
    }

    public static string Numeric(ReadOnlySpan<byte> field)
    {
        int digits = BinaryPrimitives.ReadUInt16BigEndian(field);
        int weight = BinaryPrimitives.ReadInt16BigEndian(field[2..]);
        var sign = BinaryPrimitives.ReadUInt16BigEndian(field[4..]);
        int scale = BinaryPrimitives.ReadUInt16BigEndian(field[6..]);
        switch (sign)
        {
            case NumericEncoder.NaN:
                return "NaN";
            case NumericEncoder.PositiveInfinity:
                return "Infinity";
            case NumericEncoder.NegativeInfinity:
                return "-Infinity";
        }

        var groups = field.Slice(NumericHeaderBytes, digits * 2);
        var text = new StringBuilder((Math.Max(weight, 0) * 4) + scale + 6);
        if (sign == NumericEncoder.Negative)
            text.Append('-');
        text.Append(CultureInfo.InvariantCulture, $"{Group(groups, weight < 0 ? -1 : 0)}");
        for (var i = 1; i <= weight; i++)
            text.Append(CultureInfo.InvariantCulture, $"{Group(groups, i):0000}");
        if (scale == 0)
            return text.ToString();
        text.Append('.');
        var end = text.Length + scale;
        for (var i = weight + 1; text.Length < end; i++)
            text.Append(CultureInfo.InvariantCulture, $"{Group(groups, i):0000}");
        text.Length = end;
        return text.ToString();
    }

    private static int Group(ReadOnlySpan<byte> groups, int index) =>
        (uint)index < (uint)(groups.Length / 2) ? BinaryPrimitives.ReadInt16BigEndian(groups[(index * 2)..]) : 0;

    private static int Shown(int year) => year > 0 ? year : 1 - year;

    private static string Era(int year) => year > 0 ? "" : " BC";
}
