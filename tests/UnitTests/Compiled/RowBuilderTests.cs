namespace Ingest.UnitTests.Compiled;

public class RowBuilderTests
{
    private const string Required = "{ type: text, required: true }";
    private const string NullIf = "{ type: text, null_if: [\"\", gone, 7, 1e3, true] }";
    private const string NullIfInteger = "{ type: integer, null_if: [-1, \"n/a\", false] }";
    private const string Cleaned = "{ type: text, clean: [trim], null_if: [\"-\"], default: none, max_length: 4 }";
    private const string Defaults = "{ type: integer, default: 7 }";

    [Theory]
    [InlineData("text", "{}", "NULL")]
    [InlineData("text", """{"c":null}""", "NULL")]
    [InlineData("text", """{"c":"a\u0000b\ud800"}""", "a\uFFFDb\uFFFD")]
    [InlineData("text", """{"c":{"a" : [1, 2]}}""", """{"a": [1, 2]}""")]
    [InlineData("integer", """{"c":" 12 "}""", "12")]
    [InlineData("boolean", """{"c":true}""", "true")]
    [InlineData("jsonb", """{"c":[1, "x"]}""", """[1, "x"]""")]
    // Required.
    [InlineData(Required, """{"c":""}""", "")]
    [InlineData(Required, "{}", "missing_required c: c is missing")]
    [InlineData(Required, """{"c":null}""", "missing_required c: c is null")]
    [InlineData("{ type: text, required: true, from: a.b, null_if: [x] }", """{"a":{"b":"x"}}""", "missing_required c: a.b counts as null")]
    [InlineData("{ type: text, required: true, from: a.b }", """{"a":7}""", "missing_required c: a.b is missing")]
    // null_if compares the value as it is in the line, numbers by their value.
    [InlineData(NullIf, """{"c":""}""", "NULL")]
    [InlineData(NullIf, """{"c":"\u0067one"}""", "NULL")]
    [InlineData(NullIf, """{"c":"Gone"}""", "Gone")]
    [InlineData(NullIf, """{"c":7}""", "NULL")]
    [InlineData(NullIf, """{"c":7.0}""", "NULL")]
    [InlineData(NullIf, """{"c":"7"}""", "7")]
    [InlineData(NullIf, """{"c":1e3}""", "NULL")]
    [InlineData(NullIf, """{"c":1000}""", "NULL")]
    [InlineData(NullIf, """{"c":true}""", "NULL")]
    [InlineData(NullIf, """{"c":"true"}""", "true")]
    [InlineData(NullIf, """{"c":false}""", "false")]
    [InlineData(NullIf, """{"c":[]}""", "[]")]
    [InlineData(NullIfInteger, """{"c":-1}""", "NULL")]
    [InlineData(NullIfInteger, """{"c":-1.0}""", "NULL")]
    [InlineData(NullIfInteger, """{"c":"n\/a"}""", "NULL")]
    [InlineData(NullIfInteger, """{"c":false}""", "NULL")]
    [InlineData(NullIfInteger, """{"c":1}""", "1")]
    // Trim, null_if, default, cast, max_length, in this order.
    [InlineData(Cleaned, """{"c":"  ab\t"}""", "ab")]
    [InlineData(Cleaned, """{"c":"\u00a0\u3000ab\u2003"}""", "ab")]
    [InlineData(Cleaned, """{"c":" - "}""", "none")]
    [InlineData(Cleaned, """{"c":"   "}""", "")]
    [InlineData(Cleaned, """{}""", "none")]
    [InlineData(Cleaned, """{"c":"   abcd   "}""", "abcd")]
    [InlineData(Cleaned, """{"c":"\u00e9\ud83d\ude00\u00e9\u00e9"}""", "é\U0001F600éé")]
    [InlineData(Cleaned, """{"c":"abcde"}""", "invalid_value c: the text is 5 characters long, the limit (max_length) is 4")]
    [InlineData(Cleaned, """{"c":12345}""", "invalid_value c: the text is 5 characters long, the limit (max_length) is 4")]
    [InlineData(Cleaned, """{"c":1234}""", "1234")]
    [InlineData(Defaults, "{}", "7")]
    [InlineData(Defaults, """{"c":null}""", "7")]
    [InlineData(Defaults, """{"c":8}""", "8")]
    [InlineData("{ type: integer, null_if: [0], default: 7 }", """{"c":0}""", "7")]
    [InlineData("{ type: text, default: 'a\"\\é' }", "{}", "a\"\\é")]
    [InlineData("{ type: timestamptz, default: '2020-02-03T04:05:06Z' }", "{}", "2020-02-03 04:05:06+00")]
    [InlineData("{ type: timestamptz, unit: seconds }", """{"c":1538352000}""", "2018-10-01 00:00:00+00")]
    public void A_column_becomes_a_field_or_the_line_a_reject(string column, string line, string expected) =>
        Assert.Equal(expected, Row.Of(Definitions.Parse($$"""
            pipeline: p
            table: t
            columns:
              c: {{column}}
            """), line));

    [Theory]
    [InlineData("[]", "not_an_object: the line is an array, not an object")]
    [InlineData("[[1],{}]", "not_an_object: the line is an array, not an object")]
    [InlineData("7", "not_an_object: the line is a number, not an object")]
    [InlineData("\"{}\"", "not_an_object: the line is a string, not an object")]
    [InlineData("true", "not_an_object: the line is a boolean, not an object")]
    [InlineData("null", "not_an_object: the line is null, not an object")]
    [InlineData(" {} ", "NULL")]
    public void A_line_that_is_no_object_is_a_reject(string line, string expected) => Assert.Equal(expected, Row.Of(OneText, line));

    [Theory]
    [InlineData("{", 2)]
    [InlineData("{} {}", 4)]
    [InlineData("[] x", 4)]
    [InlineData("{\"a\":01}", 7)]
    [InlineData("{\"a\":1,}", 8)]
    [InlineData("{'a':1}", 2)]
    [InlineData("{\"a\":\"\t\"}", 7)]
    [InlineData("{\"a\":NaN}", 6)]
    [InlineData("// {}", 1)]
    public void A_line_that_is_no_JSON_is_a_reject_with_the_place(string line, int at) =>
        Assert.StartsWith($"invalid_json: at byte {at}: ", Row.Of(OneText, line), StringComparison.Ordinal);

    [Theory]
    [InlineData(64, "NULL")]
    [InlineData(65, "invalid_json: ")]
    public void Nesting_goes_64_deep(int depth, string expected)
    {
        var line = $$"""{"x":{{new string('[', depth - 1)}}{{new string(']', depth - 1)}}}""";
        Assert.StartsWith(expected, Row.Of(OneText, line), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"\ud800":1,"c":"x"}""")]
    [InlineData("""{"\udc00\ud800":{"\ud800":1},"c":"x"}""")]
    [InlineData("""{"c":"x","a":{"\ud83dx":1}}""")]
    public void A_key_with_half_a_surrogate_pair_is_another_key(string line) => Assert.Equal("x | NULL", Row.Of(Definitions.Parse("""
        pipeline: p
        table: t
        columns:
          c: text
          d: { type: text, from: a.b }
        """), line));

    [Fact]
    public void A_reject_names_its_first_column_and_leaves_nothing_of_the_row() =>
        Assert.StartsWith("invalid_value b: ", Row.Of(Definitions.Parse("""
            pipeline: p
            table: t
            columns:
              a: text
              b: integer
              c: boolean
            """), """{"a":"x","b":"y","c":"z"}"""), StringComparison.Ordinal);

    [Fact]
    public void A_filtered_line_is_not_cast() => Assert.Equal("filtered", Row.Of(Definitions.Parse("""
        pipeline: p
        table: t
        where: a == 1
        columns:
          b: integer
        """), """{"a":2,"b":"y"}"""));

    [Fact]
    public void Key_columns_are_required() => Assert.Equal("missing_required id: id is null", Row.Of(Definitions.Parse("""
        pipeline: p
        table: t
        key: id
        columns:
          id: text
        """), """{"id":null}"""));

    [Fact]
    public void Columns_may_share_a_path_and_lie_inside_one_another() => Assert.Equal("""{"b": 1} | 1 | 1""", Row.Of(Definitions.Parse("""
        pipeline: p
        table: t
        columns:
          whole: { type: jsonb, from: a }
          part:  { type: integer, from: a.b }
          again: { type: text, from: a.b }
        """), """{"a":{"b": 1}}"""));

    private static Pipelines.Definition.PipelineDefinition OneText => Definitions.Parse("""
        pipeline: p
        table: t
        columns: { unused: text }
        """);
}
