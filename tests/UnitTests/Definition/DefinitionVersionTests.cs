using Ingest.Pipelines.Definition;
using Xunit;

namespace Ingest.UnitTests.Definition;

public class DefinitionVersionTests
{
    private const string Yaml = """
        pipeline: p
        listen: 7070
        where: a == 1 && b in ["x"]
        table: t
        key: [a, b]
        on_duplicate: ignore
        max_line_bytes: 1000
        acknowledge: queued
        decompress: auto
        columns:
          a: integer
          b: { from: x.y, type: text, clean: trim, null_if: [p, q], max_length: 9 }
          c: { type: timestamptz, unit: seconds }
          d: { type: text, default: "5" }
        """;

    [Fact]
    public void Version_is_sixteen_hexadecimal_digits() => Assert.Matches("^[0-9a-f]{16}$", VersionOf(Yaml));

    /// <summary>
    /// Sources and batches are named by it, so a release that gave this definition another version would write every file a second
    /// time: it may never change.
    /// </summary>
    [Fact]
    public void Version_is_the_same_in_every_release() => Assert.Equal("b106aca0b1a61c00", VersionOf(Yaml));

    [Theory]
    [InlineData("pipeline: p", "pipeline: other")]
    [InlineData("listen: 7070\n", "listen: 7071\n")]
    [InlineData("listen: 7070\n", "")]
    [InlineData("listen: 7070\n", "listen: /run/p.sock\nconnect: producer:7070\n")]
    [InlineData("acknowledge: queued", "push_down: off")]
    [InlineData("table: t", "# a comment\ntable: 't'   # another")]
    [InlineData("on_duplicate: ignore\n", "")]
    [InlineData("decompress: auto\n", "")]
    [InlineData("where: a == 1 && b in [\"x\"]", "where: \"1 == a&&(b in['x'])\"")]
    [InlineData("key: [a, b]", "key:\n- a\n- \"b\"")]
    [InlineData("a: integer", "\"a\": { type: integer, from: a, required: true }")]
    [InlineData("{ from: x.y, type: text, clean: trim, null_if: [p, q], max_length: 9 }", "{ max_length: 9, null_if: ['q', p, q], clean: [trim], type: text, from: '[\"x\"][\"y\"]' }")]
    [InlineData("default: \"5\"", "default: '5'")]
    public void Version_stays_when_the_meaning_does(string part, string other) =>
        Assert.Equal(VersionOf(Yaml), VersionOf(Replace(part, other)));

    [Fact]
    public void Every_meaning_has_its_version()
    {
        (string Part, string Other)[] changes =
        [
            ("a == 1", "a == 2"), ("where: a == 1 && b in [\"x\"]\n", ""), ("&&", "||"), ("table: t", "table: u"), ("table: t", "table: s.t"),
            ("key: [a, b]", "key: [b, a]"), ("key: [a, b]", "key: a"), ("key: [a, b]\n", ""), ("ignore", "update"),
            ("1000", "1001"), ("decompress: auto", "decompress: none"), ("a: integer", "a: bigint"), ("  d: {", "  e: {"),
            ("x.y", "x.z"), ("x.y", "'[\"x.y\"]'"), (" clean: trim,", ""), (" null_if: [p, q],", ""), ("[p, q]", "[p]"), ("[p, q]", "['p, q']"),
            ("max_length: 9", "max_length: 8"), (", max_length: 9", ""), ("unit: seconds", "unit: milliseconds"), (", unit: seconds", ""),
            ("default: \"5\"", "default: 5"), ("default: \"5\"", "default: \"6\""), (", default: \"5\"", ""),
            (", default: \"5\"", ", required: true"),
            ("  c: { type: timestamptz, unit: seconds }\n", ""),
        ];
        var versions = changes.Select(change => VersionOf(Replace(change.Part, change.Other))).Append(VersionOf(Yaml)).ToList();
        Assert.Equal(versions.Count, versions.Distinct().Count());
    }

    private static string Replace(string part, string other)
    {
        var start = Yaml.IndexOf(part, StringComparison.Ordinal);
        Assert.True(start >= 0, part);
        return Yaml[..start] + other + Yaml[(start + part.Length)..];
    }

    private static string VersionOf(string yaml)
    {
        var loaded = DefinitionLoader.Parse("f.yaml", yaml);
        Assert.Empty(loaded.Errors);
        return loaded.Definition!.Version;
    }
}
