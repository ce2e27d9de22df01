using Ingest.Pipelines.Definition;
using Xunit;

namespace Ingest.UnitTests.Definition;

public class WherePositionTests
{
    private const string Rest = "\npipeline: p\ntable: t\ncolumns: { a: text }\n";

    /// <summary>Every case has one '=' where '==' is due, marked here with ^ before it.</summary>
    [Theory]
    [InlineData("where: a ^= 1")]
    [InlineData("where:   a ^= 1   # comment")]
    [InlineData("where: 'a == ''x'' && b ^= 1'")]
    [InlineData("where: \"a == \\\"x\\\" && b ^= 1\"")]
    [InlineData("where: \"a == '\\u00e9\\U0001F600\\t' && b ^= 1\"")]
    [InlineData("where: a == 'é😀' && b ^= 1")]
    [InlineData("where: a == 1\n  && b ^= 2")]
    [InlineData("where: a == 1\n\n  &&   b\n   ^= 2")]
    [InlineData("where: 'a == 1\n\n  && b   ^= 2'")]
    [InlineData("where: \"a == 1\n  && \\\n   b ^= 2\"")]
    [InlineData("where:\n  a ^= 1")]
    [InlineData("where: |\n  a == 1\n  && b ^= 2\n")]
    [InlineData("where: |-  # comment = 1\n    a == 1\n      && b ^= 2")]
    [InlineData("where: >\n  a == 1\n  && b ^= 2\n\n  || c")]
    [InlineData("where: >+\n\n  a == 1\n\n    && b ^= 2\n\n\n")]
    [InlineData("where: |2\n    a ^= 2\n")]
    [InlineData("\"where\": a ^= 1")]
    public void Offset_is_found_in_the_file(string marked)
    {
        foreach (var lineEnd in (string[])["\n", "\r\n"])
        {
            var text = marked.Replace("\n", lineEnd, StringComparison.Ordinal);
            var before = text[..text.IndexOf('^', StringComparison.Ordinal)].Split('\n');
            var error = Assert.Single(DefinitionLoader.Parse("f.yaml", text.Replace("^", "", StringComparison.Ordinal) + Rest).Errors);
            Assert.Equal("'=' is not an operator here; did you mean '=='?", error.Message);
            Assert.Equal((before.Length, before[^1].Length + 1), (error.Line, error.Column));
        }
    }

    [Theory]
    [InlineData("!is_bot", "begins with !", "'!is_bot'")]
    [InlineData("!is_bot && x", "begins with !", "'!is_bot && x'")]
    [InlineData("!(a == 'b') # not b", "begins with !", "'!(a == ''b'')'")]
    [InlineData("\"en\" == lang", "begins with \"", "'\"en\" == lang'")]
    [InlineData("'en' == lang   # c", "begins with '", "'''en'' == lang'")]
    [InlineData("[\"a.b\"] == 1", "begins with [", "'[\"a.b\"] == 1'")]
    [InlineData("[\"a.b\"]", "begins with [", "'[\"a.b\"]'")]
    [InlineData("@a == 1", "begins with @", "'@a == 1'")]
    [InlineData("*a", "begins with *", "'*a'")]
    [InlineData("&a == 1", "begins with &", "'&a == 1'")]
    [InlineData("{a} == 1", "begins with {", "'{a} == 1'")]
    [InlineData("> 5 && a", "begins with >", "'> 5 && a'")]
    [InlineData("a == \"x: y\"", "contains ': '", "'a == \"x: y\"'")]
    [InlineData("a == \"x #y\" && b", "contains ' #'", "'a == \"x #y\" && b'")]
    public void What_yaml_takes_for_its_own_is_shown_quoted(string where, string reason, string quoted)
    {
        var error = Assert.Single(DefinitionLoader.Parse("f.yaml", $"where: {where}{Rest}").Errors);
        Assert.Equal($"f.yaml:1:8: a 'where' that {reason} must be quoted as a whole: where: {quoted}", error.ToString());
    }

    [Fact]
    public void Advice_on_several_lines_gives_an_example_of_its_own()
    {
        var error = Assert.Single(DefinitionLoader.Parse("f.yaml", $"where: \"en\"\n  == lang{Rest}").Errors);
        Assert.Equal("f.yaml:1:8: a 'where' that begins with \" must be quoted as a whole: where: '!is_bot'", error.ToString());
    }
}
