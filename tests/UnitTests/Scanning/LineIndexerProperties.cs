using System.Text;
using CsCheck;
using Ingest.Pipelines.Scanning;

namespace Ingest.UnitTests.Scanning;

/// <summary>The vectorised indexers against their scalar twin.</summary>
public class LineIndexerProperties
{
    private delegate void Indexer(ReadOnlySpan<byte> text, LineIndex index);

    [Fact]
    public void One_with_vectors_of_256_bits_finds_the_same_in_any_bytes()
    {
        Assert.SkipUnless(Block256.IsSupported, "This processor has no vectors of 256 bits with a product without carries.");
        AssertTwins(VectorIndexer<Block256>.Index);
    }

    [Fact]
    public void One_with_vectors_of_512_bits_finds_the_same_in_any_bytes()
    {
        Assert.SkipUnless(Block512.IsSupported, "This processor has no vectors of 512 bits that can be compressed.");
        AssertTwins(VectorIndexer<Block512>.Index);
    }

    [Fact]
    public void A_line_of_any_length_finds_room()
    {
        var line = new byte[3_000_000];
        Array.Fill(line, (byte)'[');
        line[^1] = (byte)'\n';
        foreach (var indexer in Supported)
        {
            var index = new LineIndex();
            indexer(line, index);
            Assert.Equal(line.Length - 1, index.Count);
            Assert.Equal(Enumerable.Range(0, index.Count), index.Tokens.Take(index.Count));
        }
    }

    [Fact]
    public void Room_for_tokens_and_for_blocks_may_run_out_at_the_same_byte()
    {
        foreach (var indexer in Supported)
        {
            var fresh = new LineIndex();
            var blocks = fresh.Backslashes.Length;
            const int lastTokens = 16;
            var line = new string('[', fresh.Room - lastTokens + 1).PadRight((blocks - 1) * 64) + new string('[', lastTokens).PadRight(64)
                + "\"\\n\"" + new string('[', 100) + "\n";
            var text = Encoding.UTF8.GetBytes(line);
            var other = new LineIndex();
            indexer(text, other);
            ScalarIndexer.Index(text, fresh);
            Assert.Equal(Facts(fresh), Facts(other));
            Assert.True(other.HasBackslashIn(blocks * 64, (blocks * 64) + 4));
        }
    }

    private static IEnumerable<Indexer> Supported
    {
        get
        {
            yield return ScalarIndexer.Index;
            if (Block256.IsSupported)
                yield return VectorIndexer<Block256>.Index;
            if (Block512.IsSupported)
                yield return VectorIndexer<Block512>.Index;
        }
    }

    /// <summary>Each index still holds what it found in the line before, as in use.</summary>
    private static void AssertTwins(Indexer vectors)
    {
        var indexes = new ThreadLocal<(LineIndex Vector, LineIndex Scalar)>(() => (new LineIndex(), new LineIndex()));
        Gen.OneOf(JsonLines.Edited, JsonLines.Random, JsonLines.Dense, JsonLines.Edited.Array[1, 3].Select(lines => lines.SelectMany(l => l).ToArray()))
            .Select(Gen.Byte.Array[0, 70], (line, next) => (Line: line, Text: (byte[])[.. line, (byte)'\n', .. next]))
            .Sample(
                both =>
                {
                    var (vector, scalar) = indexes.Value;
                    vectors(both.Text, vector);
                    ScalarIndexer.Index(both.Text, scalar);
                    Assert.Equal(both.Line.Length, vector.End);
                    Assert.Equal(Facts(scalar), Facts(vector));
                },
                iter: 20_000);
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
