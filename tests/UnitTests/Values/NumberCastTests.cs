using System.Globalization;
using Ingest.Messaging;
using Xunit;

namespace Ingest.UnitTests.Values;

public class NumberCastTests
{
    [Theory]
    [InlineData("smallint", "-32768", "-32768")]
    [InlineData("integer", "1e3", "1000")]
    [InlineData("integer", "1.5e1", "15")]
    [InlineData("integer", "0e5", "0")]
    [InlineData("integer", "-0", "0")]
    [InlineData("integer", "\" +42\\u000b\"", "42")]
    [InlineData("integer", "\"4\\u0032\"", "42")]
    [InlineData("integer", "\"00000000000000000000000007\"", "7")]
    [InlineData("bigint", "-9223372036854775808", "-9223372036854775808")]
    [InlineData("bigint", "922337203685477580.7e1", "9223372036854775807")]
    [InlineData("double precision", "1.5e-3", "0.0015")]
    [InlineData("double precision", "-0.0", "0")]
    [InlineData("double precision", "\"-0\"", "-0")]
    [InlineData("double precision", "\" .5\"", "0.5")]
    [InlineData("double precision", "\"nan(1)\"", "NaN")]
    [InlineData("double precision", "\"-inf\"", "-Infinity")]
    [InlineData("double precision", "0e-16383", "0")]
    [InlineData("real", "16777217", "16777216")]
    [InlineData("real", "\"8e-46\"", "1E-45")]
    [InlineData("numeric", "1.50", "1.50")]
    [InlineData("numeric", "-0.00", "0.00")]
    [InlineData("numeric", "1.50e1", "15.0")]
    [InlineData("numeric", "-1.5e-7", "-0.00000015")]
    [InlineData("numeric", "12345678.00012", "12345678.00012")]
    [InlineData("numeric", "\"1e 5\"", "100000")]
    [InlineData("numeric", "\"5.\"", "5")]
    [InlineData("numeric", "\" -INF \"", "-Infinity")]
    [InlineData("text", "-1e-3", "-0.001")]
    [InlineData("text", "-0.0e1", "0")]
    [InlineData("boolean", "1e0", "true")]
    [InlineData("uuid", "12345678901234567890123456789012", "12345678-9012-3456-7890-123456789012")]
    public void Value_is_stored(string type, string json, string stored) =>
        Assert.Equal(stored, Cast.To(type, json).Stored);

    [Theory]
    [InlineData("smallint", "40000", "40000 is out of range for smallint")]
    [InlineData("smallint", "\"40000\"", "\"40000\" is out of range for smallint")]
    [InlineData("integer", "\"abc\"", "\"abc\" is not an integer")]
    [InlineData("integer", "1.0", "1.0 is not an integer")]
    [InlineData("integer", "10e-1", "10e-1 is not an integer")]
    [InlineData("integer", "1e999999999", "1e999999999 is out of range for integer")]
    [InlineData("integer", "true", "true is not an integer")]
    [InlineData("integer", "[1]", "an array is not an integer")]
    [InlineData("integer", "\"1e3\"", "\"1e3\" is not an integer")]
    [InlineData("integer", "\"\"", "\"\" is not an integer")]
    [InlineData("integer", "\"1\\u0000\"", "\"1\uFFFD\" is not an integer")]
    [InlineData("bigint", "9223372036854775808", "9223372036854775808 is out of range for bigint")]
    [InlineData("bigint", "99999999999999999999999", "99999999999999999999999 is out of range for bigint")]
    [InlineData("double precision", "1e400", "1e400 is out of range for double precision")]
    [InlineData("double precision", "-1e-400", "-1e-400 is out of range for double precision")]
    [InlineData("double precision", "0e-16384", "0e-16384 is out of range for double precision")]
    [InlineData("double precision", "\"1e-400\"", "\"1e-400\" is out of range for double precision")]
    [InlineData("double precision", "\"0x1p3\"", "\"0x1p3\" is not a number")]
    [InlineData("double precision", "\"1_000\"", "\"1_000\" is not a number")]
    [InlineData("double precision", "\"1e\"", "\"1e\" is not a number")]
    [InlineData("real", "\"7e-46\"", "\"7e-46\" is out of range for real")]
    [InlineData("numeric", "\"-NaN\"", "\"-NaN\" is not a number")]
    [InlineData("numeric", "\"1 2\"", "\"1 2\" is not a number")]
    [InlineData("numeric", "1e131072", "1e131072 is out of range for numeric")]
    [InlineData("numeric", "1e-16384", "1e-16384 is out of range for numeric")]
    [InlineData("text", "1e999999999", "1e999999999 is out of range for numeric")]
    [InlineData("text", "{\"a\":1e999999999,\"a\":1}", "1e999999999 is out of range for numeric")]
    [InlineData("jsonb", "[1e999999999]", "1e999999999 is out of range for numeric")]
    [InlineData("boolean", "1.0", "1.0 is not a boolean")]
    [InlineData("uuid", "7", "7 is not a uuid")]
    [InlineData("uuid", "0e32", "0e32 is not a uuid")]
    public void Value_is_refused(string type, string json, string detail) =>
        Assert.Equal(detail, Cast.To(type, json).Detail);

    [Theory]
    [InlineData("\"t\"", "true")]
    [InlineData("\" YES\\t\"", "true")]
    [InlineData("\"of\"", "false")]
    [InlineData("\"n\"", "false")]
    [InlineData("\"o\"", null)]
    [InlineData("\"truee\"", null)]
    [InlineData("\" \"", null)]
    [InlineData("2", null)]
    public void Booleans_are_read_as_by_boolin(string json, string? stored) =>
        Assert.Equal(stored, Cast.To(ColumnType.Boolean, json).Stored);

    [Theory]
    [InlineData("{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", true)]
    [InlineData("a0eebc999c0b4ef8bb6d6bb9bd380a11", true)]
    [InlineData("a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", true)]
    [InlineData("a0-eebc999c0b4ef8bb6d6bb9bd380a11", false)]
    [InlineData("{a0eebc999c0b4ef8bb6d6bb9bd380a11", false)]
    [InlineData(" a0eebc999c0b4ef8bb6d6bb9bd380a11", false)]
    [InlineData("a0eebc999c0b4ef8bb6d6bb9bd380a1", false)]
    [InlineData("{}", false)]
    public void Uuids_are_read_as_by_uuid_in(string text, bool stored) =>
        Assert.Equal(stored ? "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" : null, Cast.To(ColumnType.Uuid, $"\"{text}\"").Stored);

    [Fact]
    public void Numbers_as_long_as_PostgreSQL_holds_are_stored_whole()
    {
        var longest = new string('9', 131_072) + "." + new string('8', 16_383);
        Assert.Equal(longest, Cast.To(ColumnType.Numeric, longest).Stored);
        Assert.Equal(longest, Cast.To(ColumnType.Text, longest).Stored);
        Assert.Equal("1" + new string('0', 131_071), Cast.To(ColumnType.Numeric, "1e131071").Stored);
        Assert.Null(Cast.To(ColumnType.Numeric, "9" + longest).Stored);
        Assert.Null(Cast.To(ColumnType.Numeric, longest + "8").Stored);
        Assert.Equal("1.00", Cast.To(ColumnType.Numeric, $"\"{new string('0', 200_000)}1.00\"").Stored);
    }

    [Fact]
    public void Digits_that_cancel_an_exponent_are_not_lost()
    {
        var number = "1" + new string('0', 15_990) + "e-16300";
        Assert.Equal(1e-310, double.Parse(Cast.To(ColumnType.DoublePrecision, number).Stored!, CultureInfo.InvariantCulture));
        Assert.Equal("1", Cast.To(ColumnType.BigInt, $"0.{new string('0', 12_000)}1e12001").Stored);
    }

    [Fact]
    public void Refusals_quote_a_hundred_characters_and_no_control_characters()
    {
        Assert.Equal($"{new string('9', 100)} is out of range for integer", Cast.To(ColumnType.Integer, new string('9', 100)).Detail);
        Assert.Equal($"{new string('9', 99)}… is out of range for integer", Cast.To(ColumnType.Integer, new string('9', 101)).Detail);
        Assert.Equal($"\"{new string('x', 98)}…\" is not an integer", Cast.To(ColumnType.Integer, $"\"{new string('x', 98)}😀xxx\"").Detail);
        Assert.Equal("\"\uFFFD[2J\" is not an integer", Cast.To(ColumnType.Integer, "\"\\u001b[2J\"").Detail);
    }
}
