using System.Text.Json;

namespace Ingest.UnitTests.Compiled;

public class FilterTests
{
    [Theory]
    // Missing, null or of another type: every comparison is false.
    [InlineData("x == 1", """{"y":1}""", false)]
    [InlineData("x != 1", """{"y":1}""", false)]
    [InlineData("x != 1", """{"x":null}""", false)]
    [InlineData("x != 1", """{"x":"1"}""", false)]
    [InlineData("x != 1", """{"x":true}""", false)]
    [InlineData("x != 1", """{"x":{}}""", false)]
    [InlineData("x != 1", """{"x":[1]}""", false)]
    [InlineData("x != \"a\"", """{"x":1}""", false)]
    [InlineData("x != true", """{"x":"true"}""", false)]
    [InlineData("x < 1", """{"x":null}""", false)]
    [InlineData("x >= 1", """{"x":"2"}""", false)]
    [InlineData("!(x == 1)", """{"y":1}""", true)]
    [InlineData("!(x != 1)", """{"x":null}""", true)]
    [InlineData("x == null", """{"y":1}""", true)]
    [InlineData("x == null", """{"x":null}""", true)]
    [InlineData("x == null", """{"x":0}""", false)]
    [InlineData("x == null", """{"x":false}""", false)]
    [InlineData("x != null", """{"x":[]}""", true)]
    [InlineData("x.y == null", """{"x":7}""", true)]
    [InlineData("null == x", """{"x":null}""", true)]
    // Numbers by their value.
    [InlineData("x == 1", """{"x":1.0}""", true)]
    [InlineData("x == 1.0", """{"x":1}""", true)]
    [InlineData("x == 1e2", """{"x":100}""", true)]
    [InlineData("x == 0", """{"x":-0}""", true)]
    [InlineData("x == 0", """{"x":-0.0}""", true)]
    [InlineData("x < 1.5", """{"x":1}""", true)]
    [InlineData("x < -1.5", """{"x":-1}""", false)]
    [InlineData("x <= 10", """{"x":9}""", true)]
    [InlineData("10 > x", """{"x":9}""", true)]
    [InlineData("10 <= x", """{"x":9}""", false)]
    [InlineData("x == 9007199254740993", """{"x":9007199254740993}""", true)]
    [InlineData("x == 9007199254740993", """{"x":9007199254740992}""", false)]
    [InlineData("x > 9007199254740992", """{"x":9007199254740993}""", true)]
    [InlineData("x == 9223372036854775807", """{"x":9223372036854775806}""", false)]
    [InlineData("x < -9223372036854775807", """{"x":-9223372036854775808}""", true)]
    [InlineData("x > 9223372036854775807", """{"x":9999999999999999999999}""", true)]
    [InlineData("x > 1e300", """{"x":1e400}""", true)]
    [InlineData("x > 0", """{"x":1e-400}""", false)]
    [InlineData("x == 0.1", """{"x":0.10000000000000000555}""", true)]
    // Strings by their UTF-8 bytes, whatever their spelling.
    [InlineData("x == \"é\"", """{"x":"\u00e9"}""", true)]
    [InlineData("x == \"a\\\"b\"", """{"x":"a\"b"}""", true)]
    [InlineData("x == \"a/b\"", """{"x":"a\/b"}""", true)]
    [InlineData("x != \"b\"", """{"x":"\u0061"}""", true)]
    [InlineData("x == \"\"", """{"x":""}""", true)]
    [InlineData("x < \"b\"", """{"x":"\u0061zz"}""", true)]
    [InlineData("x < \"a\"", """{"x":"Z"}""", true)]
    [InlineData("x > \"a\"", """{"x":"aa"}""", true)]
    [InlineData("x > \"\uFFFD\"", """{"x":"\ud83d\ude00"}""", true)]
    [InlineData("x == \"\U0001F600\"", """{"x":"\ud83d\ude00"}""", true)]
    // Booleans, and a path on its own.
    [InlineData("x", """{"x":true}""", true)]
    [InlineData("x", """{"x":false}""", false)]
    [InlineData("x", """{"x":1}""", false)]
    [InlineData("x", """{"x":"true"}""", false)]
    [InlineData("!x", """{}""", true)]
    [InlineData("x == true", """{"x":true}""", true)]
    [InlineData("x != true", """{"x":false}""", true)]
    [InlineData("x != true", """{"x":true}""", false)]
    [InlineData("x == false", """{"x":false}""", true)]
    // Lists.
    [InlineData("x in [1, \"a\", true]", """{"x":1.0}""", true)]
    [InlineData("x in [1, \"a\", true]", """{"x":"\u0061"}""", true)]
    [InlineData("x in [1, \"a\", true]", """{"x":true}""", true)]
    [InlineData("x in [1, \"a\", true]", """{"x":false}""", false)]
    [InlineData("x in [1, \"a\", true]", """{"x":"1"}""", false)]
    [InlineData("x in [1, \"a\", true]", """{"x":null}""", false)]
    [InlineData("x in [1, \"a\", true]", """{}""", false)]
    [InlineData("!(x in [1])", """{}""", true)]
    // Path against path.
    [InlineData("x == y", """{"x":1,"y":1.0}""", true)]
    [InlineData("x == y", """{"x":"\u0061","y":"a"}""", true)]
    [InlineData("x < y", """{"x":"\u0061","y":"b"}""", true)]
    [InlineData("x > y", """{"x":"\u0061","y":"b"}""", false)]
    [InlineData("x < y", """{"x":2,"y":10}""", true)]
    [InlineData("x != y", """{"x":1,"y":"1"}""", false)]
    [InlineData("x == y", """{}""", false)]
    [InlineData("x == y", """{"x":null,"y":null}""", false)]
    [InlineData("x == y", """{"x":[],"y":[]}""", false)]
    [InlineData("x != y", """{"x":true,"y":false}""", true)]
    [InlineData("x < y", """{"x":false,"y":true}""", false)]
    [InlineData("x >= y", """{"x":true,"y":false}""", false)]
    [InlineData("x == x", """{"x":1}""", true)]
    // Paths.
    [InlineData("a.b == 1", """{"a":{"b":1}}""", true)]
    [InlineData("a.b == 1", """{"a":[{"b":1}]}""", false)]
    [InlineData("a.b == 1", """{"a.b":1}""", false)]
    [InlineData("[\"a.b\"] == 1", """{"a.b":1}""", true)]
    [InlineData("a[1] == 2", """{"a":[1,2,3]}""", true)]
    [InlineData("a[3] == null", """{"a":[1,2,3]}""", true)]
    [InlineData("a[0].b[1] == 2", """{"a":[{"b":[1,2]},{"b":[3,4]}]}""", true)]
    [InlineData("a[0] == 1", """{"a":{"0":1}}""", false)]
    [InlineData("a == 1", """{"\u0061":1}""", true)]
    [InlineData("[\"\"] == 1", """{"":1}""", true)]
    [InlineData("[\"é\"] == 1", """{"\u00E9":1}""", true)]
    [InlineData("A == 1", """{"a":1}""", false)]
    // Where a member occurs twice the last one counts, with all that is in it.
    [InlineData("a == 2", """{"a":1,"a":2}""", true)]
    [InlineData("a == 2", """{"a":1,"\u0061":2}""", true)]
    [InlineData("a.b == null", """{"a":{"b":1},"a":2}""", true)]
    [InlineData("a.b == null", """{"a":{"b":1},"a":{"c":2}}""", true)]
    [InlineData("a.b == null", """{"a":{"b":1},"a":null}""", true)]
    [InlineData("a.b.c == null", """{"a":{"b":{"c":1},"b":{}}}""", true)]
    [InlineData("a[1] == null", """{"a":[1,2],"a":[3]}""", true)]
    [InlineData("a.b == 1", """{"a":2,"a":{"b":1}}""", true)]
    [InlineData("x == 1", """{"x":1,"a":{"x":2},"b":[{"x":3}]}""", true)]
    // Precedence.
    [InlineData("x == 1 || y == 1 && z == 1", """{"x":1}""", true)]
    [InlineData("(x == 1 || y == 1) && z == 1", """{"x":1}""", false)]
    [InlineData("!x && !y", """{"x":true}""", false)]
    public void An_expression_says_whether_a_line_is_kept(string expression, string line, bool kept)
    {
        var definition = Definitions.Parse($$"""
            pipeline: p
            table: t
            where: {{JsonSerializer.Serialize(expression)}}
            columns:
              unused: text
            """);
        Assert.Equal(kept ? "NULL" : "filtered", Row.Of(definition, line));
    }

    [Fact]
    public void Without_a_filter_every_object_is_kept() => Assert.Equal("NULL", Row.Of(Definitions.Parse("""
        pipeline: p
        table: t
        columns: { unused: text }
        """), "{}"));
}
