using Ingest.Pipelines;
using Xunit;

namespace Ingest.UnitTests.Where;

public class JsonPathParserTests
{
    public static TheoryData<string, JsonPathStep[]> Paths => new()
    {
        { "user.lang", [JsonPathStep.Member("user"), JsonPathStep.Member("lang")] },
        { "[\"id.orig_h\"]", [JsonPathStep.Member("id.orig_h")] },
        { "tags[0]", [JsonPathStep.Member("tags"), JsonPathStep.Element(0)] },
        { "a[\"b.c\"][2].d", [JsonPathStep.Member("a"), JsonPathStep.Member("b.c"), JsonPathStep.Element(2), JsonPathStep.Member("d")] },
        { " a . b ", [JsonPathStep.Member("a"), JsonPathStep.Member("b")] },
        { "['it\\'s']", [JsonPathStep.Member("it's")] },
        { "[\"\"]", [JsonPathStep.Member("")] },
        { "true", [JsonPathStep.Member("true")] },
        { "in.null", [JsonPathStep.Member("in"), JsonPathStep.Member("null")] },
    };

    [Theory]
    [MemberData(nameof(Paths))]
    public void Path_is_read_and_its_spelling_read_again(string text, JsonPathStep[] steps)
    {
        Assert.True(JsonPathParser.TryParse(text, out var path, out _));
        Assert.Equal(steps, path.Steps);
        Assert.True(JsonPathParser.TryParse(path.ToString(), out var again, out _));
        Assert.Equal(path, again);
    }

    [Theory]
    [InlineData("", 0, "expected a path such as user.lang or [\"id.orig_h\"], but found nothing")]
    [InlineData(".a", 0, "expected a path such as user.lang or [\"id.orig_h\"], but found '.'")]
    [InlineData("a.", 2, "expected a name after '.', but found nothing")]
    [InlineData("a..b", 2, "expected a name after '.', but found '.'")]
    [InlineData("a b", 2, "expected the end of the path, but found 'b'")]
    [InlineData("a.0", 2, "an element of an array is written in brackets, such as tags[0], but found '0'")]
    [InlineData("a[-1]", 2, "expected an index from 0 or a name in quotes, but found '-1'")]
    [InlineData("a[1.5]", 2, "expected an index from 0 or a name in quotes, but found '1.5'")]
    [InlineData("a[99999999999]", 2, "expected an index from 0 or a name in quotes, but found '99999999999'")]
    [InlineData("a[x]", 2, "a name in brackets stands in quotes: [\"x\"]")]
    [InlineData("a[\"x\"", 5, "expected ']', but found nothing")]
    [InlineData("[0].a", 0, "a line is an object, so a path begins with a member's name, such as tags[0] or [\"id.orig_h\"]")]
    [InlineData("$.a", 0, "unexpected character '$' here; remove it, or put it into a string")]
    public void Mistake_has_its_place_and_a_way_out(string text, int offset, string message)
    {
        Assert.False(JsonPathParser.TryParse(text, out _, out var error));
        Assert.Equal((offset, message), (error.Offset, error.Message));
    }

    [Fact]
    public void Path_is_no_deeper_than_a_line()
    {
        var deepest = string.Join('.', Enumerable.Repeat("a", 64));
        Assert.True(JsonPathParser.TryParse(deepest, out _, out _));
        Assert.False(JsonPathParser.TryParse(deepest + ".a", out _, out var error));
        Assert.Equal("this path has more than 64 steps, deeper than a line may be nested; shorten it", error.Message);
    }
}
