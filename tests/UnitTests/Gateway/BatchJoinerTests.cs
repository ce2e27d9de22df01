using System.Runtime.InteropServices;
using System.Text;
using CsCheck;
using Ingest.Gateway.Framing;
using Ingest.Messaging;

namespace Ingest.UnitTests.Gateway;

public sealed class BatchJoinerTests
{
    private readonly List<PooledMemory> _owned = [];
    private long _offset;

    [Fact]
    public void Joined_batches_are_one_with_the_first_one_s_id()
    {
        using var joiner = Joiner();
        var first = Batch("a\n\n", lines: 2, filtered: 1);
        var id = first.Id;
        joiner.Add(first);
        joiner.Add(Batch("\n\nb\n", lines: 3, filtered: 2));
        using var joined = joiner.Take();
        Assert.Equal((id, "a\n\n\n\nb\n"), (joined.Id, Encoding.UTF8.GetString(joined.Lines.Span)));
        var segment = Assert.Single(joined.Segments);
        Assert.Equal((5, 3, 7, 1000, 7), (segment.Lines, segment.Filtered, segment.PayloadLength, segment.ByteLength, joined.Lines.Length));
        Assert.True(joiner.IsEmpty);
    }

    [Fact]
    public void A_batch_alone_goes_on_as_it_came()
    {
        using var joiner = Joiner();
        using var batch = Batch("a\n", lines: 1, filtered: 0);
        joiner.Add(batch);
        Assert.Same(batch, joiner.Take());
    }

    [Fact]
    public void Whatever_is_joined_is_there_and_its_parts_memory_is_given_back() =>
        Gen.Int[0, 70_000].Array[1, 12].Sample(sizes =>
        {
            _owned.Clear();
            _offset = 0;
            using var joiner = Joiner();
            var (sent, taken) = (new StringBuilder(), new StringBuilder());
            foreach (var (size, i) in sizes.Select((s, i) => (s, i)))
            {
                var text = new string((char)('a' + i), size);
                sent.Append(text);
                var batch = Batch(text, lines: 1, filtered: 0);
                if (!joiner.Fits(batch))
                    Take();
                joiner.Add(batch);
                if (joiner.IsFull)
                    Take();
            }

            if (!joiner.IsEmpty)
                Take();
            Assert.Equal(sent.ToString(), taken.ToString());
            Assert.All(_owned, o => Assert.Throws<ObjectDisposedException>(() => o.Array));

            void Take()
            {
                using var batch = joiner.Take();
                Assert.InRange(batch.Lines.Length, 0, LineBatchBuilder.CutBytes);
                Assert.Equal(batch.Lines.Length, batch.Segments.Sum(s => s.PayloadLength));
                taken.Append(Encoding.UTF8.GetString(batch.Lines.Span));

                // What it says it holds is what it holds, up to the pool's sizes.
                Assert.True(MemoryMarshal.TryGetArray(batch.Lines, out var array));
                Assert.InRange(array.Array!.Length, 0, Math.Max(16, batch.Lines.Length * 2));
            }
        }, iter: 200, threads: 1);

    [Fact]
    public void What_would_make_too_many_rows_or_has_a_reject_is_not_joined()
    {
        using var joiner = Joiner();
        joiner.Add(Batch("a", lines: 10_000, filtered: 0));
        using var many = Batch("b", lines: 10_000, filtered: 3_615);
        Assert.False(joiner.Fits(many));
        using var fewer = Batch("b", lines: 10_000, filtered: 3_616);
        Assert.True(joiner.Fits(fewer));
        using var refused = new LineBatch
        {
            Id = Guid.NewGuid(),
            Pipeline = "p",
            Definition = "",
            Segments = fewer.Segments,
            Rejects = [new Reject { Segment = 0, Line = 1, Reason = RejectReason.LineTooLong, Raw = default, RawLength = 9 }],
        };
        Assert.False(joiner.Fits(refused));
        joiner.Take().Dispose();
        joiner.Add(refused);
        Assert.True(joiner.IsFull);
    }

    private static BatchJoiner Joiner() => new(Definitions.RefusingAll());

    private LineBatch Batch(string text, int lines, int filtered)
    {
        var owner = PooledMemory.Rent(text.Length);
        _owned.Add(owner);
        Encoding.UTF8.GetBytes(text, owner.Memory.Span);
        var segment = new Segment
        {
            SourceId = Guid.Empty,
            Source = "s",
            FirstLine = 1,
            NextLine = 1 + lines,
            ByteOffset = _offset,
            ByteLength = 500,
            Lines = lines,
            PayloadLength = text.Length,
            Filtered = filtered,
        };
        _offset += segment.ByteLength;
        return new LineBatch { Id = Guid.NewGuid(), Pipeline = "p", Definition = "", Segments = [segment], Lines = owner.Memory }.Owning(owner);
    }
}
