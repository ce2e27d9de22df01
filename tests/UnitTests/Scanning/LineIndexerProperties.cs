using CsCheck;
using Ingest.Pipelines.Scanning;

namespace Ingest.UnitTests.Scanning;

/// <summary>The vectorised indexer against its scalar twin.</summary>
public class LineIndexerProperties
{
    [Fact]
    public void Both_find_the_same_in_any_bytes()
    {
        Assert.SkipUnless(Block.IsSupported, "This processor has no vectors of 256 bits with a product without carries.");
        Gen.OneOf(JsonLines.Edited, JsonLines.Random, JsonLines.Edited.Array[1, 3].Select(lines => lines.SelectMany(l => l).ToArray()))
            .Select(Gen.Byte.Array[0, 70], (line, next) => (Line: line, Text: (byte[])[.. line, (byte)'\n', .. next]))
            .Sample(
                both =>
                {
                    var (vector, scalar) = (new LineIndex(), new LineIndex());
                    VectorIndexer.Index(both.Text, vector);
                    ScalarIndexer.Index(both.Text, scalar);
                    Assert.Equal(both.Line.Length, vector.End);
                    Assert.Equal(Facts(scalar), Facts(vector));
                },
                iter: 20_000);
    }

    [Fact]
    public void A_line_of_any_length_finds_room()
    {
        var line = new byte[3_000_000];
        Array.Fill(line, (byte)'[');
        line[^1] = (byte)'\n';
        var index = new LineIndex();
        LineIndexer.Index(line, index);
        Assert.Equal(line.Length - 1, index.Count);
        ScalarIndexer.Index(line, index);
        Assert.Equal((line.Length - 1, line.Length - 2), (index.Count, index.Tokens[index.Count - 1]));
    }

    private static string Facts(LineIndex index) => string.Join(
        ' ',
        index.End,
        index.IsSound,
        index.IsAscii,
        index.HasBackslash,
        string.Join(',', index.Tokens.Take(index.Count + LineIndex.Sentinels)),
        string.Concat(Enumerable.Range(0, index.End).Select(place => index.HasBackslashIn(place, place + 1) ? '\\' : '.')));
}
