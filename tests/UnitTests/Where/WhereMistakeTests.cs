using Ingest.Pipelines.Where;
using Xunit;

namespace Ingest.UnitTests.Where;

public class WhereMistakeTests
{
    private const string NeedsLeft = " needs a path or a literal on its left; negate a comparison with !(a == b), and join two with '&&'";
    private const string NotNumber = " is not a number as JSON spells it, such as 7, -0.5 or 1e6; a name that begins with a digit is written [\"7days\"]";
    private const string OddName = "a name with other characters than letters, digits and '_' is written in brackets and quotes: ";
    private const string Function = " is not supported yet; use paths, comparisons and 'in'";
    private const string Unclosed = "this string has no end; close it with \" on the same line";

    [Theory]
    [InlineData("", 0, "expected a path or a literal, but found nothing")]
    [InlineData("a == ", 4, "expected a path or a literal, but found nothing")]
    [InlineData("a && ", 4, "expected a path or a literal, but found nothing")]
    [InlineData("a = 1", 2, "'=' is not an operator here; did you mean '=='?")]
    [InlineData("a === 1", 2, "'===' is not an operator here; did you mean '=='?")]
    [InlineData("a !== 1", 2, "'!==' is not an operator here; did you mean '!='?")]
    [InlineData("a <> 1", 2, "'<>' is not an operator here; did you mean '!='?")]
    [InlineData("a =< 1", 2, "'=<' is not an operator here; did you mean '<='?")]
    [InlineData("a => 1", 2, "'=>' is not an operator here; did you mean '>='?")]
    [InlineData("a & b", 2, "'&' is not an operator here; did you mean '&&'?")]
    [InlineData("a | b", 2, "'|' is not an operator here; did you mean '||'?")]
    [InlineData("a and b", 2, "'and' is not an operator here; did you mean '&&'?")]
    [InlineData("a AND b", 2, "'AND' is not an operator here; did you mean '&&'?")]
    [InlineData("(a or b)", 3, "'or' is not an operator here; did you mean '||'?")]
    [InlineData("not a", 0, "'not' is not an operator here; did you mean '!'?")]
    [InlineData("a && NOT (b)", 5, "'NOT' is not an operator here; did you mean '!'?")]
    [InlineData("a not in [1]", 2, "'not' is not an operator here; did you mean '!', as in !(lang in [\"en\"])?")]
    [InlineData("a IN [1]", 2, "'IN' is not an operator here; did you mean 'in'?")]
    [InlineData("a is null", 2, "'is' is not an operator here; did you mean '== null' or '!= null'?")]
    [InlineData("a == NULL", 5, "did you mean 'null', or, for a member of that name, [\"NULL\"]?")]
    [InlineData("a == True", 5, "did you mean 'true', or, for a member of that name, [\"True\"]?")]
    [InlineData("a like 'x%'", 2, "'like' is not supported yet; compare with '==' or 'in'")]
    [InlineData("a between 1 and 2", 2, "'between' is not an operator here; write score >= 1 && score <= 9")]
    [InlineData("has(a)", 0, "the function 'has'" + Function)]
    [InlineData("b && a.startsWith('x')", 5, "the function 'startsWith'" + Function)]
    [InlineData("a.b.contains('x')", 0, "the function 'contains'" + Function)]
    [InlineData("a.matches('x')", 0, "the function 'matches'" + Function)]
    [InlineData("size(a) > 1", 0, "the function 'size'" + Function)]
    [InlineData("a ? b : c", 2, "the conditional operator '?:' is not supported yet; use '&&' and '||'")]
    [InlineData("a + 1 == 2", 2, "arithmetic ('+') is not supported yet; compare a member with a literal")]
    [InlineData("a - b", 2, "arithmetic ('-') is not supported yet; compare a member with a literal")]
    [InlineData("a-b == 1", 1, OddName + "[\"a-b\"]")]
    [InlineData("user-1 == 1", 4, OddName + "[\"user-1\"]")]
    [InlineData("@timestamp == 1", 0, OddName + "[\"@timestamp\"]")]
    [InlineData("größe > 1", 2, OddName + "[\"größe\"]")]
    [InlineData("1 == 2", 0, "1 == 2 compares two literals; one side must be a path")]
    [InlineData("a && 'x' != null", 5, "\"x\" != null compares two literals; one side must be a path")]
    [InlineData("true", 0, "true alone tests nothing; compare it with a path")]
    [InlineData("a || 'x'", 5, "\"x\" alone tests nothing; compare it with a path")]
    [InlineData("!1", 1, "1 alone tests nothing; compare it with a path")]
    [InlineData("a < null", 2, "null has no order; compare it with '==' or '!='")]
    [InlineData("null >= a", 5, "null has no order; compare it with '==' or '!='")]
    [InlineData("a < true", 2, "true has no order; compare it with '==' or '!='")]
    [InlineData("a < b < c", 6, "'<'" + NeedsLeft)]
    [InlineData("!a == b", 3, "'=='" + NeedsLeft)]
    [InlineData("(a == 1) == true", 9, "'=='" + NeedsLeft)]
    [InlineData("a in [1] in [2]", 9, "'in'" + NeedsLeft)]
    [InlineData("a == !b", 5, "expected a path or a literal, but found '!'")]
    [InlineData("a == (b)", 5, "expected a path or a literal, but found '('")]
    [InlineData("a !b", 2, "'!' stands before what it negates, as in !(lang in [\"en\"]); join two tests with '&&' or '||'")]
    [InlineData("a b", 2, "expected an operator such as '==' or '&&', but found 'b'")]
    [InlineData("a == 'x' 'y'", 9, "expected an operator such as '==' or '&&', but found \"y\"")]
    [InlineData("a in [", 6, "expected a string, a number, true or false, but found nothing")]
    [InlineData("a in []", 6, "expected a string, a number, true or false, but found ']'")]
    [InlineData("a in [1,]", 8, "expected a string, a number, true or false, but found ']'")]
    [InlineData("a in [b]", 6, "expected a string, a number, true or false, but found 'b'")]
    [InlineData("a in [1 2]", 8, "expected ',' or ']', but found '2'")]
    [InlineData("a in [1", 7, "expected ',' or ']', but found nothing")]
    [InlineData("a in [1, null]", 9, "null cannot be in a list; write a == null || a in [...]")]
    [InlineData("a in 5", 5, "expected a list such as [\"en\", \"de\"] after 'in', but found '5'")]
    [InlineData("a in (1)", 5, "a list is written in square brackets, as in lang in [\"en\", \"de\"]")]
    [InlineData("a in b", 5, "a path on the right of 'in' is not supported yet; write a list of literals, as in lang in [\"en\", \"de\"]")]
    [InlineData("'x' in tags", 0, "a literal on the left of 'in' is not supported yet; write a path there, as in lang in [\"en\", \"de\"]")]
    [InlineData("in == 1", 0, "'in' needs a path on its left; a member called 'in' is written [\"in\"]")]
    [InlineData("b && (a", 5, "this '(' is not closed; add ')'")]
    [InlineData("a)", 1, "this ')' closes nothing; remove it")]
    [InlineData("a == \"x", 5, Unclosed)]
    [InlineData("a == \"x\n\"", 5, Unclosed)]
    [InlineData("a == \"\\q\"", 6, "'q' after a backslash is no escape; use \\\" \\' \\\\ \\/ \\n \\r \\t \\b \\f or \\uXXXX, and \\\\ for a backslash")]
    [InlineData("a == \"\\u12\"", 6, "'u' after a backslash is no escape; use \\\" \\' \\\\ \\/ \\n \\r \\t \\b \\f or \\uXXXX, and \\\\ for a backslash")]
    [InlineData("a == \"\\", 6, "this escape has no end; write \\\\ for a backslash")]
    [InlineData("a == \"\\ud800\"", 5, "this string holds half of a character (a lone surrogate), which no text contains; remove it")]
    [InlineData("a == “x”", 5, "this is a typographic quote; write strings in straight quotes, \" or '")]
    [InlineData("a == 01", 5, "'01'" + NotNumber)]
    [InlineData("a == 1.", 5, "'1.'" + NotNumber)]
    [InlineData("a == 0x1F", 5, "'0x1F'" + NotNumber)]
    [InlineData("a == 1u", 5, "'1u'" + NotNumber)]
    [InlineData("a == 1;", 6, "unexpected character ';' here; remove it, or put it into a string")]
    [InlineData("a\u00A0== 1", 1, "unexpected character U+00A0 here; remove it, or put it into a string")]
    public void Mistake_has_its_place_and_a_way_out(string text, int offset, string message)
    {
        Assert.False(WhereParser.TryParse(text, out var expression, out var error));
        Assert.Null(expression);
        Assert.Equal((offset, message), (error.Offset, error.Message));
    }

    [Fact]
    public void Text_is_bounded()
    {
        Assert.True(WhereParser.TryParse("a".PadRight(WhereParser.LongestTextCharacters), out _, out _));
        Assert.False(WhereParser.TryParse("a".PadRight(WhereParser.LongestTextCharacters + 1), out _, out var error));
        Assert.Equal("this expression has 16385 characters; shorten it to 16384", error.Message);
    }
}
