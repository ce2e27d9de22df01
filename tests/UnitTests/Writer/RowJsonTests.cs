using System.Text;
using System.Text.Json;
using Ingest.Messaging;
using Ingest.Pipelines.Compiled;
using Ingest.Processor;
using Ingest.Writer;

namespace Ingest.UnitTests.Writer;

/// <summary>How a row that the database refused is kept.</summary>
public class RowJsonTests
{
    private const string Tiny = "0.00000000000000000000000000000000000000000000000001";

    public static TheoryData<ColumnType> Types => [.. Enum.GetValues<ColumnType>()];

    [Theory]
    [InlineData(ColumnType.Text, "\"\"", "\"\"")]
    [InlineData(ColumnType.Text, "\"a \\\"b\\\" \\\\ \\n \\u0001 \\u00e9 \\ud83d\\ude00 </\"", "\"a \\\"b\\\" \\\\ \\n \\u0001 é \\uD83D\\uDE00 </\"")]
    [InlineData(ColumnType.Text, "{\"a\":[1]}", "\"{\\\"a\\\": [1]}\"")]
    [InlineData(ColumnType.SmallInt, "-32768", "-32768")]
    [InlineData(ColumnType.SmallInt, "32767", "32767")]
    [InlineData(ColumnType.Integer, "-2147483648", "-2147483648")]
    [InlineData(ColumnType.Integer, "2147483647", "2147483647")]
    [InlineData(ColumnType.BigInt, "-9223372036854775808", "-9223372036854775808")]
    [InlineData(ColumnType.BigInt, "9223372036854775807", "9223372036854775807")]
    [InlineData(ColumnType.Real, "3.4028235e38", "3.4028235E+38")]
    [InlineData(ColumnType.Real, "-1e-45", "-1E-45")]
    [InlineData(ColumnType.Real, "\"NaN\"", "\"NaN\"")]
    [InlineData(ColumnType.Real, "\"inf\"", "\"Infinity\"")]
    [InlineData(ColumnType.Real, "\"-inf\"", "\"-Infinity\"")]
    [InlineData(ColumnType.DoublePrecision, "-1.7976931348623157e308", "-1.7976931348623157E+308")]
    [InlineData(ColumnType.DoublePrecision, "5e-324", "5E-324")]
    [InlineData(ColumnType.DoublePrecision, "\"NaN\"", "\"NaN\"")]
    [InlineData(ColumnType.DoublePrecision, "\"Infinity\"", "\"Infinity\"")]
    [InlineData(ColumnType.DoublePrecision, "\"-Infinity\"", "\"-Infinity\"")]
    [InlineData(ColumnType.Numeric, "-0.50", "-0.50")]
    [InlineData(ColumnType.Numeric, "12345678901234567890.123456789", "12345678901234567890.123456789")]
    [InlineData(ColumnType.Numeric, "1e-50", Tiny)]
    [InlineData(ColumnType.Numeric, "\"NaN\"", "\"NaN\"")]
    [InlineData(ColumnType.Numeric, "\"Infinity\"", "\"Infinity\"")]
    [InlineData(ColumnType.Numeric, "\"-Infinity\"", "\"-Infinity\"")]
    [InlineData(ColumnType.Boolean, "true", "true")]
    [InlineData(ColumnType.Boolean, "false", "false")]
    [InlineData(ColumnType.Date, "\"0001-01-01\"", "\"0001-01-01\"")]
    [InlineData(ColumnType.Date, "-210866803200", "\"4714-11-24 BC\"")]
    [InlineData(ColumnType.Date, "\"5874897-12-31\"", "\"5874897-12-31\"")]
    [InlineData(ColumnType.TimestampTz, "-210866803200", "\"4714-11-24 00:00:00+00 BC\"")]
    [InlineData(ColumnType.TimestampTz, "\"294276-12-31T23:59:59.999999Z\"", "\"294276-12-31 23:59:59.999999+00\"")]
    [InlineData(ColumnType.Uuid, "\"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\"", "\"ffffffff-ffff-ffff-ffff-ffffffffffff\"")]
    [InlineData(ColumnType.Jsonb, "{\"a\" : [1, \"\\\"\", null]}", "{\"a\" : [1, \"\\\"\", null]}")]
    [InlineData(ColumnType.Jsonb, "\"text\"", "\"text\"")]
    public void A_value_of_every_type_is_kept_as_it_would_have_been_stored(ColumnType type, string json, string kept) =>
        Assert.Equal($"{{\"a\":1,\"v\":{kept},\"z\":null}}", Keep(type, $"{{\"a\":1,\"v\":{json}}}"));

    [Theory]
    [MemberData(nameof(Types))]
    public void What_is_missing_is_null(ColumnType type) => Assert.Equal("""{"a":1,"v":null,"z":2}""", Keep(type, """{"a":1,"z":2}"""));

    [Fact]
    public void The_longest_number_is_kept_whole()
    {
        using var kept = JsonDocument.Parse(Keep(ColumnType.Numeric, """{"a":1,"v":1e131071}"""));
        Assert.Equal($"1{new string('0', 131_071)}", kept.RootElement.GetProperty("v").GetRawText());
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void What_cannot_be_read_as_its_type_is_kept_as_it_came(ColumnType type)
    {
        // A field that says to be longer than what is left.
        byte[] damaged = [0, 1, 0, 0, 0, 9, 1];
        Assert.Equal("\"\\\\x000100000009" + "01\"", Encoding.UTF8.GetString(RowJson.Of([new RowColumn("v", type)], damaged).Span));
    }

    private static string Keep(ColumnType type, string line)
    {
        var unit = type is ColumnType.Date or ColumnType.TimestampTz ? ", unit: seconds" : "";
        var definition = Definitions.Parse($"pipeline: p\ntable: t\ncolumns:\n  a: integer\n  v: {{ type: {type.SqlName()}{unit} }}\n  z: smallint");
        using var batch = Lines.Batch(Encoding.UTF8.GetBytes(line));
        using var rows = new BatchProcessor(new CompiledPipeline(definition)).Process(batch);
        Assert.Equal(1, rows.Rows);
        return Encoding.UTF8.GetString(RowJson.Of(rows.Columns, rows.Tuples.Span).Span);
    }
}
