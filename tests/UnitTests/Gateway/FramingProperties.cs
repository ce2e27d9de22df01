using System.Numerics;
using System.Text;
using CsCheck;
using Ingest.Gateway.Framing;
using Ingest.Messaging;

namespace Ingest.UnitTests.Gateway;

public class FramingProperties
{
    private const int CutBytes = LineBatchBuilder.CutBytes;
    private const int LongerThanABatch = CutBytes * 3 / 2;

    private static readonly Gen<int> Limit = Gen.OneOf(1, 3, 10, 20_000, CutBytes - 5, CutBytes, CutBytes + 3, LongerThanABatch);

    private static readonly Gen<string> LineEnd = Gen.OneOf("\n", "\n", "\n", "\r\n", "\r\r\n", "\r", "");

    private static readonly Gen<string> ShortLine = Gen.OneOf(
        Gen.OneOf("", " ", "\t \r", "{}", "\uFEFF", "\r", "ab", "abc", "abcd", "0123456789", "0123456789a", "\0"),
        Gen.Int[0, 40].Select(n => new string('s', n)));

    private static readonly Gen<string> LongLine = Gen.Select(
        Gen.OneOf(20_000, 65_536, CutBytes / 2, CutBytes - 10, CutBytes, CutBytes + 5, LongerThanABatch, LongerThanABatch + 70_000), Gen.Int[-8, 8], Gen.OneOf('x', ' '),
        (length, more, character) => new string(character, length + more));

    private static readonly Gen<byte[]> Input =
        from mark in Gen.OneOf("", "", "\uFEFF")
        from lines in Gen.Select(Gen.Frequency((12, ShortLine), (2, LongLine)), LineEnd).Array[0, 12]
        from repeat in Gen.Frequency((5, Gen.Const(1)), (1, Gen.Int[2, 3_000]))
        let text = string.Concat(lines.Select(l => l.Item1 + l.Item2))
        select Encoding.UTF8.GetBytes(mark + string.Concat(Enumerable.Repeat(text, text.Length > 1_000 ? 1 : repeat)));

    private static readonly Gen<int[]> Receives = Gen.OneOf(
        Gen.Const(new[] { int.MaxValue }),
        Gen.OneOf(1, 2, 3, 7, 4_096, 65_536, CutBytes - 1, CutBytes, CutBytes + 1).Array[1, 8],
        Gen.Int[1, CutBytes * 9 / 8].Array[1, 8])
        .Select(sizes => (int[])[.. sizes, sizes.Max() < 1_000 ? 9_999 : sizes.Max()]);

    [Fact]
    public void Any_split_gives_the_lines_of_the_oracle() =>
        Gen.Select(Input, Limit, Receives, Gen.Bool).Sample(
            (bytes, limit, receives, replayable) =>
            {
                var definition = Definitions.RefusingAll(limit);
                var cutting = Cutting.Of(replayable ? Cutting.Replayable(definition) : Cutting.Live(definition), bytes, receives);
                var (lines, lastLine) = FramingOracle.Lines(bytes, limit);
                Assert.Equal(lines, cutting.Lines());
                cutting.AssertTiles(bytes.Length, lastLine);
                AssertPayloadsAreTheSource(cutting, bytes);
            },
            iter: 600, print: Print);

    [Fact]
    public void A_replayable_source_gives_the_same_batches_whatever_the_split() =>
        Gen.Select(Input, Limit, Receives, Receives, Gen.Enum<SourceEnding>()).Sample(
            (bytes, limit, some, other, ending) =>
            {
                var source = Cutting.Replayable(Definitions.RefusingAll(limit));
                Assert.Equal(
                    Cutting.Of(source, bytes, some, ending).Batches.Select(b => b.ToString()),
                    Cutting.Of(source, bytes, other, ending).Batches.Select(b => b.ToString()));
            },
            iter: 600, print: t => $"{Print((t.Item1, t.Item2, t.Item3, true))} or {string.Join(',', t.Item4)}");

    [Fact]
    public void Lingering_at_any_moment_keeps_lines_whole() =>
        Gen.Select(Input, Limit, Gen.Select(Gen.Int[1, 60_000], Gen.Bool, Gen.Bool).Array[1, 30]).Sample(
            (bytes, limit, steps) =>
            {
                using var cutting = new Cutting(Cutting.Live(Definitions.RefusingAll(limit)));
                var rest = bytes.AsSpan();
                for (var i = 0; rest.Length > 0; i = (i + 1) % steps.Length)
                {
                    var (size, whilePending, afterwards) = steps[i];
                    rest = rest[cutting.Receive(rest[..Math.Min(size, rest.Length)], whilePending)..];
                    if (afterwards)
                        cutting.TakeWholeLines();
                    if (cutting.Builder.IsEmpty)
                        cutting.ReleaseIfEmpty();
                }

                cutting.End(SourceEnding.Complete);
                var (lines, lastLine) = FramingOracle.Lines(bytes, limit);
                Assert.Equal(lines, cutting.Lines());
                cutting.AssertTiles(bytes.Length, lastLine);
            },
            iter: 600, print: t => Print((t.Item1, t.Item2, [.. t.Item3.Select(s => s.Item1)], false)));

    [Fact]
    public void What_breaks_off_leaves_the_whole_lines_of_the_oracle() =>
        Gen.Select(Input, Limit, Receives).Sample(
            (bytes, limit, receives) =>
            {
                var cutting = Cutting.Of(Cutting.Live(Definitions.RefusingAll(limit)), bytes, receives, SourceEnding.Abandoned);
                var (lines, lastLine) = FramingOracle.Lines(bytes, limit, dropped: true);
                Assert.Equal(lines, cutting.Lines());
                cutting.AssertTiles(bytes.AsSpan().LastIndexOf((byte)'\n') + 1, lastLine);
            },
            iter: 300, print: t => Print((t.Item1, t.Item2, t.Item3, false)));

    [Fact]
    public void A_buffer_is_never_longer_than_a_batch_or_the_longest_line() =>
        Gen.Select(Input, Limit, Receives).Sample(
            (bytes, limit, receives) =>
            {
                // The pool's arrays are powers of two.
                var cutting = Cutting.Of(Cutting.Live(Definitions.RefusingAll(limit)), bytes, receives);
                Assert.InRange(cutting.LargestBuffer, 0, (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(CutBytes, limit + 5)));
            },
            iter: 200, print: t => Print((t.Item1, t.Item2, t.Item3, false)));

    // Where a line was dropped, its prefix stands for it.
    private static void AssertPayloadsAreTheSource(Cutting cutting, byte[] bytes)
    {
        var source = Encoding.Latin1.GetString(bytes);
        foreach (var batch in cutting.Batches)
        {
            foreach (var segment in batch.Segments)
            {
                var mark = segment.ByteOffset == 0 && bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
                var part = source.Substring((int)segment.ByteOffset + mark, (int)segment.ByteLength - mark);
                if (batch.Rejects is [var reject])
                    Assert.StartsWith(Encoding.Latin1.GetString(reject.Raw.Span), part, StringComparison.Ordinal);
                else
                    Assert.Equal(part, batch.Lines);
            }
        }

        Assert.All(cutting.Batches.SelectMany(b => b.Rejects), r => Assert.Equal(Math.Min(r.RawLength, Reject.PrefixBytes), r.Raw.Length));
    }

    private static string Print((byte[] Bytes, int Limit, int[] Receives, bool Replayable) t)
    {
        var (lines, _) = FramingOracle.Lines(t.Bytes, t.Limit);
        var text = t.Bytes.Length < 300
            ? Encoding.UTF8.GetString(t.Bytes)
            : string.Join(' ', lines.Take(30).Select(l => $"{l.Number}:{l.Length}{(l.TooLong ? "!" : "")}"));
        return $"{t.Bytes.Length} bytes, limit {t.Limit}, receives {string.Join(',', t.Receives)}, {(t.Replayable ? "replayable" : "live")}: {text}";
    }
}
