using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Xunit;

namespace Ingest.UnitTests.Values;

public class TimeCastTests
{
    [Theory]
    [InlineData("2018-10-01T00:00:00Z", "2018-10-01 00:00:00+00")]
    [InlineData("2018-10-01t00:00:00z", "2018-10-01 00:00:00+00")]
    [InlineData("2018-10-01 00:00:00", "2018-10-01 00:00:00+00")]
    [InlineData("2018-10-01T00:00", "2018-10-01 00:00:00+00")]
    [InlineData("2018-10-01", "2018-10-01 00:00:00+00")]
    [InlineData("2018-1-5", "2018-01-05 00:00:00+00")]
    [InlineData("2018-274", "2018-10-01 00:00:00+00")]
    [InlineData("20181001", "2018-10-01 00:00:00+00")]
    [InlineData("20181001T102030.5Z", "2018-10-01 10:20:30.5+00")]
    [InlineData("20181001T1020-0200", "2018-10-01 12:20:00+00")]
    [InlineData(" 2018-10-01T00:00:00Z\\n", "2018-10-01 00:00:00+00")]
    [InlineData("2018-10-01T00:00:00+02", "2018-09-30 22:00:00+00")]
    [InlineData("2018-10-01T00:00:00-0230", "2018-10-01 02:30:00+00")]
    [InlineData("2018-10-01T00:00:00 +15:59", "2018-09-30 08:01:00+00")]
    [InlineData("2018-10-01T00:00:00-15:59:59", "2018-10-01 15:59:59+00")]
    [InlineData("2018-10-01T00:00:00.000001Z", "2018-10-01 00:00:00.000001+00")]
    [InlineData("2018-10-01T00:00:00.123456500Z", "2018-10-01 00:00:00.123456+00")]
    [InlineData("2018-10-01T00:00:00.123457500Z", "2018-10-01 00:00:00.123458+00")]
    [InlineData("2018-10-01T00:00:00.12345650000001Z", "2018-10-01 00:00:00.123457+00")]
    [InlineData("2018-10-01T23:59:59.9999999Z", "2018-10-02 00:00:00+00")]
    [InlineData("2018-10-01T24:00:00Z", "2018-10-02 00:00:00+00")]
    [InlineData("2018-10-01T10:00:60Z", "2018-10-01 10:01:00+00")]
    [InlineData("0001-01-01T00:00:00+05", "0001-12-31 19:00:00+00 BC")]
    [InlineData("294276-12-31T23:59:59.999999Z", "294276-12-31 23:59:59.999999+00")]
    [InlineData("Mon, 06 Apr 2009 22:19:45 +0000", "2009-04-06 22:19:45+00")]
    [InlineData("mon,6 apr 2009 22:19 -0530", "2009-04-07 03:49:00+00")]
    [InlineData("06 Apr 2009 22:19:45 EDT", "2009-04-07 02:19:45+00")]
    [InlineData("06 Apr 2009 22:19:45 GMT", "2009-04-06 22:19:45+00")]
    [InlineData("06 Apr 2009 22:19:45 +0200 (CEST)", "2009-04-06 20:19:45+00")]
    [InlineData("Mon Apr 06 22:19:45 +0000 2009", "2009-04-06 22:19:45+00")]
    public void Text_is_stored_as_a_time(string text, string stored) =>
        Assert.Equal(stored, Cast.To(ColumnType.TimestampTz, $"\"{text}\"").Stored);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("today")]
    [InlineData("now")]
    [InlineData("infinity")]
    [InlineData("epoch")]
    [InlineData("J2451187")]
    [InlineData("Jan 5 2024")]
    [InlineData("01/02/2024")]
    [InlineData("1.2.2024")]
    [InlineData("0044-03-15 BC")]
    [InlineData("2024-W01-1")]
    [InlineData("2024-01")]
    [InlineData("0000-01-01")]
    [InlineData("24-01-01")]
    [InlineData("2024-13-01")]
    [InlineData("2023-02-29")]
    [InlineData("1900-02-29")]
    [InlineData("2023-366")]
    [InlineData("2024-01-01T")]
    [InlineData("2024-01-01T10")]
    [InlineData("2024-01-01T10:00:00.")]
    [InlineData("2024-01-01T10:00:00,5")]
    [InlineData("2024-01-01T10:60:00")]
    [InlineData("2024-01-01T10:00:61")]
    [InlineData("2024-01-01T24:00:01")]
    [InlineData("2024-01-01T23:59:60.5")]
    [InlineData("2024-01-01T1000-02:00")]
    [InlineData("2024-01-01T10:00:00+16")]
    [InlineData("2024-01-01T10:00:00+02:60")]
    [InlineData("2024-01-01T10:00:00ZZ")]
    [InlineData("2024-01-01T10:00:00 Europe/Paris")]
    [InlineData("2024-01-01Z")]
    [InlineData("Mon, 06 Apr 09 22:19:45 GMT")]
    [InlineData("Mon, 31 Apr 2009 22:19:45 GMT")]
    [InlineData("Mon, 06 Apr 2009 22:19:45 XYZ")]
    [InlineData("Moon, 06 Apr 2009 22:19:45 GMT")]
    [InlineData("06 Apr 2009")]
    [InlineData("1134365188")]
    public void Other_spellings_are_refused(string text)
    {
        Assert.Equal($"\"{text}\" is not a time", Cast.To(ColumnType.TimestampTz, $"\"{text}\"").Detail);
        Assert.Equal($"\"{text}\" is not a date", Cast.To(ColumnType.Date, $"\"{text}\"").Detail);
    }

    [Theory]
    [InlineData("294277-01-01T00:00:00Z")]
    [InlineData("294276-12-31T23:59:59-01")]
    [InlineData("294276-12-31T23:59:59.9999999Z")]
    [InlineData("5874897-12-31")]
    public void Times_after_the_last_of_PostgreSQL_are_out_of_range(string text) =>
        Assert.Equal($"\"{text}\" is out of range for timestamptz", Cast.To(ColumnType.TimestampTz, $"\"{text}\"").Detail);

    [Theory]
    [InlineData("2018-10-01", "2018-10-01")]
    [InlineData("2018-10-01T23:30:00-08:00", "2018-10-01")]
    [InlineData("2018-10-01T24:00:00Z", "2018-10-01")]
    [InlineData("Mon, 06 Apr 2009 22:19:45 -0800", "2009-04-06")]
    [InlineData("0001-01-01", "0001-01-01")]
    [InlineData("5874897-12-31", "5874897-12-31")]
    [InlineData("5874898-01-01", null)]
    public void A_date_is_the_day_as_written(string text, string? stored) =>
        Assert.Equal(stored, Cast.To(ColumnType.Date, $"\"{text}\"").Stored);

    [Theory]
    [InlineData(TimeUnit.Seconds, "1134365188", "2005-12-12 05:26:28+00")]
    [InlineData(TimeUnit.Seconds, "\" 1134365188.5 \"", "2005-12-12 05:26:28.5+00")]
    [InlineData(TimeUnit.Seconds, "1.134365188e9", "2005-12-12 05:26:28+00")]
    [InlineData(TimeUnit.Seconds, "-1.0000005", "1969-12-31 23:59:59+00")]
    [InlineData(TimeUnit.Seconds, "1e-30", "1970-01-01 00:00:00+00")]
    [InlineData(TimeUnit.Milliseconds, "1134365188001", "2005-12-12 05:26:28.001+00")]
    [InlineData(TimeUnit.Microseconds, "1", "1970-01-01 00:00:00.000001+00")]
    [InlineData(TimeUnit.Nanoseconds, "1500", "1970-01-01 00:00:00.000002+00")]
    [InlineData(TimeUnit.Nanoseconds, "2500", "1970-01-01 00:00:00.000002+00")]
    [InlineData(TimeUnit.Nanoseconds, "2501", "1970-01-01 00:00:00.000003+00")]
    [InlineData(TimeUnit.Seconds, "9224318015999.999999", "294276-12-31 23:59:59.999999+00")]
    [InlineData(TimeUnit.Seconds, "-210866803200", "4714-11-24 00:00:00+00 BC")]
    [InlineData(TimeUnit.Seconds, "20240101", "1970-08-23 06:15:01+00")]
    [InlineData(TimeUnit.Seconds, "\"2018-10-01\"", "2018-10-01 00:00:00+00")]
    public void Numbers_count_from_1970(TimeUnit unit, string json, string stored)
    {
        Assert.Equal(stored, Cast.To(ColumnType.TimestampTz, json, unit).Stored);
        Assert.Equal(stored.Split(' ')[0] + (stored.EndsWith("BC", StringComparison.Ordinal) ? " BC" : ""), Cast.To(ColumnType.Date, json, unit).Stored);
    }

    [Theory]
    [InlineData("9224318016000")]
    [InlineData("-210866803201")]
    [InlineData("1e999999999")]
    [InlineData("\"99999999999999999999999999\"")]
    public void Numbers_outside_of_PostgreSQL_are_out_of_range(string json) =>
        Assert.Equal($"{json} is out of range for timestamptz", Cast.To(ColumnType.TimestampTz, json, TimeUnit.Seconds).Detail);

    [Fact]
    public void Numbers_need_a_unit() =>
        Assert.Equal("20240105 is a number, and the column has no unit", Cast.To(ColumnType.Date, "20240105").Detail);

    [Theory]
    [InlineData("true", "true is not a time")]
    [InlineData("{}", "an object is not a time")]
    [InlineData("\"NaN\"", "\"NaN\" is not a time")]
    public void Other_values_are_refused(string json, string detail) =>
        Assert.Equal(detail, Cast.To(ColumnType.TimestampTz, json, TimeUnit.Seconds).Detail);
}
