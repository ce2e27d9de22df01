using Ingest.Pipelines;
using Ingest.Pipelines.Where;
using Xunit;

namespace Ingest.UnitTests.Where;

public class WhereParserTests
{
    [Theory]
    [InlineData("a", "a")]
    [InlineData("!a", "!a")]
    [InlineData("!!a", "!!a")]
    [InlineData("a==1", "a == 1")]
    [InlineData("a\n == \t\r\n1", "a == 1")]
    [InlineData("a.b[0].c == 'x'", "a.b[0].c == \"x\"")]
    [InlineData("[\"id.orig_h\"] == \"x\"", "[\"id.orig_h\"] == \"x\"")]
    [InlineData("a['b'][\"c.d\"] >= -0.5e+3", "a.b[\"c.d\"] >= -0.5e+3")]
    [InlineData("a < b", "a < b")]
    [InlineData("5 < a", "a > 5")]
    [InlineData("5 <= a", "a >= 5")]
    [InlineData("5 > a", "a < 5")]
    [InlineData("5 >= a", "a <= 5")]
    [InlineData("'x' == a", "a == \"x\"")]
    [InlineData("true != a", "a != true")]
    [InlineData("a == null", "a == null")]
    [InlineData("null == a", "a == null")]
    [InlineData("a != null", "a != null")]
    [InlineData("null != a", "a != null")]
    [InlineData("!(a != null)", "!(a != null)")]
    [InlineData("!(a == b)", "!(a == b)")]
    [InlineData("!(a && b)", "!(a && b)")]
    [InlineData("!(a)", "!a")]
    [InlineData("(a) == 1", "a == 1")]
    [InlineData("((a))", "a")]
    [InlineData("a in [1, 'x', true, -2.50]", "a in [1, \"x\", true, -2.50]")]
    [InlineData("a || b && c", "a || b && c")]
    [InlineData("(a || b) && c", "(a || b) && c")]
    [InlineData("a && (b && c)", "a && b && c")]
    [InlineData("(a || b) || c", "a || b || c")]
    [InlineData("a && b && c && d && e", "a && b && c && d && e")]
    [InlineData("!a && b", "!a && b")]
    [InlineData("and == or", "and == or")]
    [InlineData("not in [1]", "not in [1]")]
    [InlineData("a.in == [\"in\"]", "a.in == [\"in\"]")]
    [InlineData("[\"NULL\"] == 1", "[\"NULL\"] == 1")]
    [InlineData("\"\\\"\\'\\\\\\/\\n\\r\\t\\b\\f\\u00e9\\ud83d\\ude00\" == a", "a == \"\\\"'\\\\/\\n\\r\\t\\b\\fé\\uD83D\\uDE00\"")]
    public void Expression_has_one_spelling(string text, string spelling) => Assert.Equal(spelling, Parse(text).ToString());

    [Fact]
    public void Negation_binds_tighter_than_and_and_that_tighter_than_or()
    {
        var or = Assert.IsType<Or>(Parse("!a && b == 1 || c"));
        var and = Assert.IsType<And>(or.Left);
        Assert.IsType<Not>(and.Left);
        Assert.IsType<Comparison>(and.Right);
        Assert.IsType<Truth>(or.Right);
    }

    [Fact]
    public void Null_tests_are_of_their_own_type()
    {
        Assert.IsType<IsNull>(Parse("a == null"));
        Assert.IsType<IsNull>(Assert.IsType<Not>(Parse("a != null")).Operand);
    }

    [Fact]
    public void Candidates_keep_their_kinds()
    {
        var test = Assert.IsType<In>(Parse("a in ['1', 1, false]"));
        Assert.Equal([JsonKind.String, JsonKind.Number, JsonKind.False], test.Candidates.Select(c => c.Kind));
    }

    [Fact]
    public void Long_chain_is_a_shallow_tree()
    {
        var text = string.Join("&&", Enumerable.Repeat("a", WhereParser.LongestTextCharacters / 3));
        Assert.InRange(Depth(Parse(text)), 1, 15);
    }

    [Theory]
    [InlineData("(", "a", ")")]
    [InlineData("!", "a", "")]
    [InlineData("!(", "a", ")")]
    public void Nesting_is_bounded(string open, string inner, string close)
    {
        var each = open.Length;
        var deepest = Enumerable.Repeat(open, WhereParser.DeepestNesting / each);
        var text = string.Concat(deepest) + inner + string.Concat(Enumerable.Repeat(close, WhereParser.DeepestNesting / each));
        Parse(text);
        Assert.False(WhereParser.TryParse("(" + text + ")", out _, out var error));
        Assert.Contains("nested deeper than 64", error.Message, StringComparison.Ordinal);
    }

    private static Expression Parse(string text)
    {
        Assert.True(WhereParser.TryParse(text, out var expression, out var error), error?.ToString());
        return expression;
    }

    private static int Depth(Expression expression) =>
        expression is And and ? 1 + Math.Max(Depth(and.Left), Depth(and.Right)) : 1;
}
