using CsCheck;
using Ingest.Pipelines.Definition;
using Xunit;

namespace Ingest.UnitTests.Definition;

public class DefinitionProperties
{
    private const string Good = """
        # comment
        pipeline: comments
        listen: 7070
        where: subreddit in ["elixir", 'erlang'] && author != "[deleted]"   # a subset of CEL
        table: social.comments
        key: [id, 'part']
        on_duplicate: "update"
        max_line_bytes: 4096
        decompress: none
        columns:
          id: { type: text, required: true }
          part: smallint
          body: { from: 'a["b.c"][2].d', type: text, clean: [trim], null_if: ["[removed]", 7], max_length: 100 }
          at:
            from: created.utc[0]
            type: timestamptz
            unit: seconds
          note: { type: text, default: >-
              folded text }
        """;

    private static readonly Gen<string> Inserted = Gen.OneOf(
        Gen.OneOf(
            "", ":", ": ", "- ", "? ", "{", "}", "[", "]", ",", "\"", "'", "!", "&a ", "*a", "#", " #", "|", ">", "|2-\n", "%", "@", "`", "\t", "\n",
            "\r", "\r\n", "\n\n", "\n---\n", "\n...\n", " ", "    ", "\\", "\\u00", "~", "null", "<<", "\0", "\u0085", "\u2028", "\uFEFF", "\ud800", "😀", "where: ", "from: a[0]"),
        Gen.String[0, 3]);

    private static readonly Gen<(int At, int Cut, string Text)> Edits =
        Gen.Select(Gen.Int[0, 10_000], Gen.OneOf(Gen.Const(0), Gen.Int[0, 3], Gen.Int[0, 200]), Inserted);

    [Fact]
    public void Good_definition_is_good() => Assert.Empty(DefinitionLoader.Parse("f.yaml", Good.Replace(" >-\n      folded text", " x", StringComparison.Ordinal)).Errors);

    [Fact]
    public void Damaged_definition_gives_errors_inside_the_file() =>
        Edits.List[1, 6].Sample(edits => AssertAnswered(edits.Aggregate(Good, Apply)), iter: 20_000);

    [Fact]
    public void Random_text_gives_errors_inside_the_file() =>
        Inserted.List[0, 60].Sample(pieces => AssertAnswered(string.Concat(pieces)), iter: 10_000);

    [Theory]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("a: [")]
    [InlineData("!x ")]
    [InlineData("a: &a [*a, *a]\n")]
    [InlineData("a: b\n")]
    [InlineData("where: !x\n")]
    [InlineData("from: [")]
    public void Repetition_is_answered(string piece) =>
        AssertAnswered(string.Concat(Enumerable.Repeat(piece, 100_000 / piece.Length)));

    private static string Apply(string text, (int At, int Cut, string Text) edit)
    {
        var at = edit.At % (text.Length + 1);
        return text[..at] + edit.Text + text[Math.Min(text.Length, at + edit.Cut)..];
    }

    private static void AssertAnswered(string yaml)
    {
        var loaded = DefinitionLoader.Parse("f.yaml", yaml);
        Assert.Equal(loaded.Definition is null, loaded.Errors.Count > 0);
        var lines = yaml.Count(c => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029') + 1;
        foreach (var error in loaded.Errors)
        {
            Assert.InRange(error.Line, 1, lines + 1);
            Assert.InRange(error.Column, 1, yaml.Length + 1);
            Assert.NotEmpty(error.Message);
        }
    }
}
