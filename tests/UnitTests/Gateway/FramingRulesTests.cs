using System.Text;
using Ingest.Gateway.Framing;
using Ingest.Messaging;

namespace Ingest.UnitTests.Gateway;

public class FramingRulesTests
{
    private const int CutBytes = LineBatchBuilder.CutBytes;
    private static readonly int[] AtOnce = [int.MaxValue];

    // An over-long line is written as <length>; the limit is 8.
    [Theory]
    [InlineData("", "")]
    [InlineData("a\nb\n", "1:a 2:b")]
    [InlineData("a\nb", "1:a 2:b")]
    [InlineData("a\r\nb\r\n", "1:a 2:b")]
    [InlineData("a\r\r\n", "1:a\r")]
    [InlineData("a\rb\n", "1:a\rb")]
    [InlineData("a\r", "1:a\r")]
    [InlineData("\n\r\n \t \n\r\r\n a\n", "5: a")]
    [InlineData("a\n\r", "1:a")]
    [InlineData("\0\n\u000b\n", "1:\0 2:\u000b")]
    [InlineData("\uFEFFa\nb\n", "1:a 2:b")]
    [InlineData("\uFEFF\na\n", "2:a")]
    [InlineData("\uFEFF", "")]
    [InlineData("\uFEFF\uFEFF\n", "1:\uFEFF")]
    [InlineData("\n\uFEFFa\n", "2:\uFEFFa")]
    [InlineData("12345678\n123456789\n1\n", "1:12345678 2:<9> 3:1")]
    [InlineData("12345678\r\n12345678\r", "1:12345678 2:<9>")]
    [InlineData("\uFEFF12345678\r\n2\n", "1:12345678 2:2")]
    [InlineData("\uFEFF123456789\r\n2\n", "1:<9> 2:2")]
    [InlineData("          \n1\n", "2:1")]
    public void Lines_are_cut_by_the_rules(string input, string expected)
    {
        var definition = Definitions.RefusingAll(maxLineBytes: 8);
        var bytes = Encoding.UTF8.GetBytes(input);
        foreach (var source in new[] { Cutting.Live(definition), Cutting.Replayable(definition) })
        {
            foreach (var split in new int[][] { AtOnce, [1], [2], [3], [5, 1] })
            {
                var cutting = Cutting.Of(source, bytes, split);
                Assert.Equal(expected, string.Join(' ', cutting.Lines().Select(Describe)));
                cutting.AssertTiles(bytes.Length, input.Length == 0 ? 0 : input.TrimEnd('\n').Count(c => c == '\n') + 1);
            }
        }
    }

    [Theory]
    [InlineData(CutBytes - 1)]
    [InlineData(CutBytes)]
    [InlineData(CutBytes + 1)]
    public void Lines_around_the_cut_fill_a_batch_or_wait_for_the_next(int bytesWithLineEnds)
    {
        var definition = Definitions.RefusingAll();
        byte[] bytes = [.. Line(1000), .. Line(bytesWithLineEnds - 1000), .. Line(10)];
        var cutting = Cutting.Of(Cutting.Replayable(definition), bytes, AtOnce);

        int[] expected = bytesWithLineEnds switch
        {
            CutBytes => [CutBytes, 10],
            < CutBytes => [CutBytes - 1, 10],
            _ => [1000, CutBytes + 1 - 1000 + 10],
        };
        Assert.Equal(expected, cutting.Batches.Select(b => b.Lines.Length));
        Assert.Equal(3, cutting.Lines().Count);
    }

    [Fact]
    public void A_line_longer_than_a_batch_stands_alone()
    {
        byte[] bytes = [.. Line(10), .. Line(CutBytes + 1), .. Line(20), .. Line(30)];
        var cutting = Cutting.Of(Cutting.Replayable(Definitions.RefusingAll()), bytes, AtOnce);

        Assert.Equal([10, CutBytes + 1, 50], cutting.Batches.Select(b => b.Lines.Length));
    }

    [Theory]
    [InlineData("", "\n")]
    [InlineData("", "\r\n")]
    [InlineData("", "")]
    [InlineData("\uFEFF", "\r\n")]
    public void A_line_is_too_long_from_one_byte_over_the_limit_on(string before, string lineEnd)
    {
        foreach (var limit in new[] { 100, CutBytes - 6, CutBytes - 1, CutBytes, CutBytes + 1, CutBytes + 40_000, 2 * CutBytes })
        {
            var definition = Definitions.RefusingAll(limit);
            foreach (var length in new[] { limit - 1, limit, limit + 1, limit + 2, limit + 7, limit + 70_000 })
            {
                byte[] bytes = [.. Encoding.UTF8.GetBytes(before), .. Line(length + 1)[..^1], .. Encoding.UTF8.GetBytes(lineEnd)];
                foreach (var split in new int[][] { AtOnce, [CutBytes - 1, 1, 1, 1, 100_000], [65_537], [4093] })
                {
                    var cutting = Cutting.Of(Cutting.Replayable(definition), bytes, split);
                    var line = Assert.Single(cutting.Lines());
                    Assert.Equal((1, length > limit, length), (line.Number, line.TooLong, line.Length));
                    Assert.Equal(length > limit ? Math.Min(length, Reject.PrefixBytes) : length, line.Bytes.Length);
                    cutting.AssertTiles(bytes.Length, 1);
                }
            }
        }
    }

    [Theory]
    [InlineData('x')]
    [InlineData(' ')]
    public void A_line_over_the_limit_is_the_same_batch_whether_its_end_comes_with_it_or_later(char character)
    {
        var source = Cutting.Replayable(Definitions.RefusingAll(CutBytes));
        byte[] bytes = [.. Enumerable.Repeat((byte)character, CutBytes + 100), (byte)'\n', .. Line(10)];

        var with = Cutting.Of(source, bytes, [CutBytes, 200]);
        var later = Cutting.Of(source, bytes, [CutBytes, 50, 200]);
        Assert.Equal(later.Batches.Select(b => b.ToString()), with.Batches.Select(b => b.ToString()));
        Assert.Equal(CutBytes + 100, with.Batches[0].Rejects[0].RawLength);
    }

    [Fact]
    public void The_detail_of_an_over_long_line_names_its_length_and_the_limit()
    {
        var cutting = Cutting.Of(Cutting.Live(Definitions.RefusingAll(100)), Line(CutBytes + 1000), AtOnce);

        var reject = Assert.Single(cutting.Batches[0].Rejects);
        Assert.Equal($"the line is {CutBytes + 999} bytes long, the limit (max_line_bytes) is 100", reject.Detail);
        Assert.Equal((RejectReason.LineTooLong, CutBytes + 999), (reject.Reason, reject.RawLength));
    }

    [Fact]
    public void A_batch_holds_at_most_16384_lines_not_counting_blank_ones()
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1\n\n", 40_000)));
        var cutting = Cutting.Of(Cutting.Replayable(Definitions.RefusingAll()), bytes, AtOnce);

        Assert.Equal([16_384, 16_384, 40_000 - (2 * 16_384)], cutting.Batches.Select(b => b.Segments.Sum(s => s.Lines)));
        cutting.AssertTiles(bytes.Length, 80_000);
    }

    [Fact]
    public void A_batch_holds_at_most_a_million_cells()
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1\n", 5_000)));
        var cutting = Cutting.Of(Cutting.Replayable(Definitions.RefusingAll(columns: 500)), bytes, AtOnce);

        Assert.Equal([2_000, 2_000, 1_000], cutting.Batches.Select(b => b.Segments.Sum(s => s.Lines)));
    }

    [Theory]
    [InlineData("text", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 25)]
    [InlineData("numeric", "1.5", 61)]
    [InlineData("text", "1e1000", 2)]
    public void Rows_that_are_nothing_but_defaults_fit_their_batch(string type, string value, int columns)
    {
        var definition = Definitions.Parse(
            "pipeline: p\ntable: t\ncolumns:\n  id: bigint\n"
            + string.Concat(Enumerable.Range(0, columns).Select(i => $"  c{i}: {{ type: {type}, default: {value} }}\n")));
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{}\n", 20_000)));
        var cutting = Cutting.Of(Cutting.Live(definition), bytes, AtOnce);
        Assert.Equal(20_000, cutting.Rows());
    }

    [Fact]
    public void An_unterminated_last_line_of_a_replayable_source_is_a_batch_of_its_own()
    {
        var bytes = "a\nb\nc"u8.ToArray();
        Assert.Equal(["a\nb\n", "c"], Cutting.Of(Cutting.Replayable(Definitions.RefusingAll()), bytes, AtOnce).Batches.Select(b => b.Lines));
        Assert.Equal(["a\nb\nc"], Cutting.Of(Cutting.Live(Definitions.RefusingAll()), bytes, AtOnce).Batches.Select(b => b.Lines));
    }

    [Fact]
    public void Blank_lines_alone_are_covered_by_a_segment_without_lines()
    {
        var cutting = Cutting.Of(Cutting.Replayable(Definitions.RefusingAll()), "\n \n\t\r\n"u8, [2]);

        cutting.AssertTiles(6, 3);
        Assert.Equal(0, Assert.Single(cutting.Batches).Segments[0].Lines);
        Assert.Empty(cutting.Lines());
    }

    [Fact]
    public void An_empty_source_is_an_end_record_alone()
    {
        foreach (var ending in Enum.GetValues<SourceEnding>().Except([SourceEnding.Corrupt]))
        {
            var cutting = Cutting.Of(Cutting.Replayable(Definitions.RefusingAll()), [], AtOnce, ending);
            Assert.Empty(Assert.Single(cutting.Batches).Segments);
            cutting.AssertTiles(0, 0);
        }
    }

    [Theory]
    [InlineData("a\nbc", "a\n", 1)]
    [InlineData("a\n", "a\n", 1)]
    [InlineData("bc", "", 0)]
    public void A_source_that_breaks_off_keeps_its_whole_lines_only(string input, string kept, int lastLine)
    {
        var cutting = Cutting.Of(Cutting.Live(Definitions.RefusingAll()), Encoding.UTF8.GetBytes(input), [1], SourceEnding.Abandoned);

        Assert.Equal(kept, string.Concat(cutting.Batches.Select(b => b.Lines)));
        cutting.AssertTiles(kept.Length, lastLine);
    }

    [Fact]
    public void A_source_that_breaks_off_inside_an_over_long_line_forgets_that_line()
    {
        byte[] bytes = [.. Line(10), .. Line(2 * CutBytes)[..^1]];
        var cutting = Cutting.Of(Cutting.Live(Definitions.RefusingAll(100)), bytes, [5000], SourceEnding.Abandoned);

        cutting.AssertTiles(10, 1);
        Assert.Empty(cutting.Batches.SelectMany(b => b.Rejects));
    }

    [Theory]
    [InlineData("a\nbc", "a\n", "bc")]
    [InlineData("a\n", "a\n", "")]
    [InlineData("bc", "", "bc")]
    [InlineData("", "", "")]
    [InlineData("\uFEFFbc", "", "bc")]
    public void A_corrupt_end_is_one_reject_that_holds_the_cut_tail(string input, string lines, string tail)
    {
        var bytes = Encoding.UTF8.GetBytes(input);
        var cutting = Cutting.Of(Cutting.Replayable(Definitions.RefusingAll()), bytes, [1], SourceEnding.Corrupt);

        Assert.Equal(lines, string.Concat(cutting.Batches.Select(b => b.Lines)));
        var reject = Assert.Single(cutting.Batches[^1].Rejects);
        Assert.Equal((RejectReason.CorruptInput, "bad block", tail), (reject.Reason, reject.Detail, Encoding.UTF8.GetString(reject.Raw.Span)));
        Assert.Equal((lines.Length > 0 ? 2 : 1, tail.Length), (reject.Line, reject.RawLength));
        cutting.AssertTiles(bytes.Length, reject.Line);
    }

    [Fact]
    public void Corruption_inside_an_over_long_line_rejects_it_as_corrupt()
    {
        var cutting = Cutting.Of(Cutting.Live(Definitions.RefusingAll(100)), Line(3 * CutBytes).AsSpan(..^1), [5000], SourceEnding.Corrupt);

        var reject = Assert.Single(Assert.Single(cutting.Batches).Rejects);
        Assert.Equal((RejectReason.CorruptInput, (3 * CutBytes) - 1, Reject.PrefixBytes), (reject.Reason, reject.RawLength, reject.Raw.Length));
        cutting.AssertTiles((3 * CutBytes) - 1, 1);
    }

    private static byte[] Line(int bytesWithLineEnd)
    {
        var line = new byte[bytesWithLineEnd];
        for (var i = 0; i < line.Length; i++)
            line[i] = (byte)('a' + (i % 23));
        line[^1] = (byte)'\n';
        return line;
    }

    private static string Describe(FramedLine line) =>
        line.TooLong ? $"{line.Number}:<{line.Length}>" : $"{line.Number}:{Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(line.Bytes))}";
}
