using System.Text;
using Ingest.Compression;
using Ingest.Pipelines.Definition;

namespace Ingest.UnitTests.Compression;

public sealed class FormatRecognizerTests
{
    [Theory]
    [InlineData("{")]
    [InlineData("B{")]
    [InlineData("BZ{")]
    [InlineData("BZhello")]
    [InlineData("BZh0")]
    [InlineData("BZh9 is a word")]
    [InlineData("(")]
    [InlineData("\n")]
    public void Text_is_plain_as_soon_as_it_differs(string text)
    {
        var start = Encoding.ASCII.GetBytes(text);
        var decided = Enumerable.Range(1, start.Length).Select(length => FormatRecognizer.Recognize(start.AsSpan(0, length))).ToList();
        var first = decided.FindIndex(d => d is not null);
        Assert.True(first >= 0 || text == "(");
        Assert.All(decided.Skip(Math.Max(0, first)).Where(d => d is not null), d => Assert.Equal(Decompression.None, d));
        Assert.Equal(text[0] is '{' or '\n', first == 0);
    }

    [Fact]
    public void Every_format_is_known_by_its_beginning_and_not_before()
    {
        var magic = new Dictionary<Decompression, int>
        {
            [Decompression.Gzip] = 2,
            [Decompression.Zstd] = 4,
            [Decompression.Xz] = 6,
            [Decompression.Bzip2] = 10,
            [Decompression.Lz4] = 4,
        };
        foreach (var (format, length) in magic)
        {
            var start = CompressedSamples.All[format].AsSpan();
            Assert.Equal(format, FormatRecognizer.Recognize(start));
            Assert.Equal(format, FormatRecognizer.Recognize(start[..length]));
            Assert.Null(FormatRecognizer.Recognize(start[..(length - 1)]));
        }
    }

    [Fact]
    public void An_empty_bzip2_stream_is_one() =>
        Assert.Equal(Decompression.Bzip2, FormatRecognizer.Recognize([(byte)'B', (byte)'Z', (byte)'h', (byte)'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90]));

    [Fact]
    public void A_frame_to_skip_says_its_length()
    {
        byte[] frame = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        Assert.Equal(11, FormatRecognizer.Skippable(frame));
        Assert.Null(FormatRecognizer.Skippable(frame.AsSpan(0, 7)));
        Assert.Equal(0, FormatRecognizer.Skippable("P{"u8));
        Assert.Equal(0, FormatRecognizer.Skippable("{"u8));
    }
}
