using System.Text;
using CsCheck;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Sources;

namespace Ingest.UnitTests.Gateway;

public sealed class ReceiveBudgetTests
{
    private static readonly byte[] LongLine = Line(Crowd.LongestLine - 100_000);
    private static readonly ReadOnlyMemory<byte> FirstHalf = LongLine.AsMemory(0, LongLine.Length / 2);
    private static readonly ReadOnlyMemory<byte> SecondHalf = LongLine.AsMemory(LongLine.Length / 2);

    [Fact]
    public void Of_300_senders_of_half_a_long_line_those_that_go_on_get_through()
    {
        var crowd = new Crowd(batches: 8, longLines: 4);
        for (var i = 0; i < 300; i++)
        {
            var member = crowd.Join();
            crowd.Run(() => member.Input.Send(FirstHalf));
        }

        Assert.Equal((8, 4), (crowd.BatchPlacesTaken, crowd.LongPlacesTaken));
        var honest = crowd.Members.Where((_, i) => i % 3 == 0).ToList();
        foreach (var member in honest)
        {
            crowd.Run(() => member.Input.Send(SecondHalf));
            crowd.Run(member.Input.End);
        }

        for (var i = 0; honest.Any(m => !m.IsDone); i++)
        {
            Assert.True(i < 300, "They were to get through.");
            crowd.Pass(Crowd.Deadline);
        }

        Assert.All(honest, m => Assert.Equal(SourceOutcome.Completed, m.Outcome));
        Assert.Equal(100, crowd.Lines);
    }

    [Fact]
    public void Senders_that_stall_are_ended_only_while_others_wait_for_their_room()
    {
        var crowd = new Crowd(batches: 8, longLines: 2);
        for (var i = 0; i < 5; i++)
        {
            var member = crowd.Join();
            crowd.Run(() => member.Input.Send(FirstHalf));
        }

        crowd.Pass(Crowd.Deadline - TimeSpan.FromSeconds(1));
        Assert.All(crowd.Members, m => Assert.False(m.IsDone));
        for (var i = 0; i < 10; i++)
            crowd.Pass(Crowd.Deadline);
        Assert.Equal(3, crowd.Members.Count(m => m.Outcome == SourceOutcome.Stalled));

        var last = crowd.Members.Single(m => !m.IsDone && m != crowd.Members.Last(n => !n.IsDone));
        crowd.Run(() => last.Input.Send(SecondHalf));
        crowd.Run(last.Input.End);
        Assert.Equal((SourceOutcome.Completed, 1), (last.Outcome, crowd.Lines));
    }

    [Fact]
    public void The_whole_lines_of_a_sender_that_is_ended_are_published()
    {
        var crowd = new Crowd(batches: 2, longLines: 1);
        var stalls = crowd.Join();
        crowd.Run(() => stalls.Input.Send((byte[])[.. Line(10), .. Line(20), .. FirstHalf.Span]));
        var waits = crowd.Join();
        crowd.Run(() => waits.Input.Send(LongLine));
        crowd.Pass(Crowd.Deadline);
        crowd.Pass(Crowd.Deadline);
        Assert.Equal((SourceOutcome.Stalled, 3), (stalls.Outcome, crowd.Lines));
        Assert.Equal((2, 30), (stalls.Result!.Lines, stalls.Result.Bytes));
    }

    [Fact]
    public void Lines_that_fit_the_floor_get_through_however_many_others_stall()
    {
        var crowd = new Crowd(batches: 2, longLines: 1);
        for (var i = 0; i < 20; i++)
        {
            var stalls = crowd.Join();
            crowd.Run(() => stalls.Input.Send(FirstHalf));
        }

        var sender = crowd.Join();
        crowd.Run(() => sender.Input.Send(Enumerable.Repeat(Line(1_000), 1_000).SelectMany(l => l).ToArray()));
        crowd.Run(sender.Input.End);
        Assert.Equal((SourceOutcome.Completed, 1_000), (sender.Outcome, crowd.Lines));
    }

    [Fact]
    public void A_sender_that_pauses_between_or_inside_short_lines_keeps_no_room_from_others()
    {
        var crowd = new Crowd(batches: 1, longLines: 1);
        var sender = crowd.Join();
        crowd.Run(() => sender.Input.Send((byte[])[.. Enumerable.Repeat(Line(1_000), 1_000).SelectMany(l => l), .. Line(1_000)[..500]]));
        Assert.Equal((0, LineBatchBuilder.Floor), (crowd.BatchPlacesTaken, sender.Pump.BufferBytes));
        var other = crowd.Join();
        crowd.Run(() => other.Input.Send(LongLine));
        Assert.Equal(1_001, crowd.Lines);
    }

    [Fact]
    public void A_sender_is_not_blamed_while_its_batches_find_no_room_further_on()
    {
        var crowd = new Crowd(batches: 1, longLines: 1, inFlightBytes: 100_000) { IsPaused = true };
        var (sender, other) = (crowd.Join(), crowd.Join());
        crowd.Run(() => sender.Input.Send((byte[])[.. LongLine, .. LongLine, .. LongLine]));
        crowd.Run(() => other.Input.Send(LongLine));
        for (var i = 0; i < 10; i++)
            crowd.Pass(Crowd.Deadline);
        Assert.Equal((null, null), (sender.Outcome, other.Outcome));
        crowd.Run(sender.Input.End);
        crowd.Run(other.Input.End);
        for (var i = 0; i < 20; i++)
            crowd.Confirm();
        Assert.Equal((SourceOutcome.Completed, SourceOutcome.Completed, 4), (sender.Outcome, other.Outcome, crowd.Lines));
    }

    [Fact]
    public void In_whatever_order_bytes_come_nobody_waits_for_ever() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 3], Gen.Select(Gen.Int[0, 3], Gen.Int[1, LineBatchBuilder.CutBytes * 3 / 2]).Array[1, 4].Array[2, 12], Gen.Int[0, 1_000_000]).Sample(
            (batches, longLines, senders, seed) => Play(new Crowd(batches, longLines, inFlightBytes: 600_000) { IsPaused = true }, senders, new Random(seed)),
            iter: 60);

    /// <summary>
    /// Each sender sends its lines in pieces, none of them blank, for blank ones do not count; one whose last kind is 0
    /// never ends the last of them.
    /// </summary>
    private static void Play(Crowd crowd, (int Kind, int Length)[][] senders, Random random)
    {
        var left = new List<(Member Member, byte[] Bytes, int Sent, bool Stalls)>();
        var honestLines = 0;
        foreach (var lines in senders)
        {
            var stalls = lines[^1].Kind == 0;
            var bytes = lines.SelectMany(l => Line(l.Kind == 1 ? 2 + (l.Length % 3_000) : l.Length * 2)).ToArray();
            honestLines += stalls ? 0 : lines.Length;
            left.Add((crowd.Join(), stalls ? bytes[..^1] : bytes, 0, stalls));
        }

        var honest = left.Where(l => !l.Stalls).Select(l => l.Member).ToList();
        while (left.Count > 0)
        {
            var i = random.Next(left.Count);
            var (member, bytes, sent, stalls) = left[i];
            var count = Math.Min(bytes.Length - sent, random.Next(1, LineBatchBuilder.CutBytes * 9 / 8));
            crowd.Run(() => member.Input.Send(bytes.AsMemory(sent, count)));
            left[i] = (member, bytes, sent + count, stalls);
            if (sent + count == bytes.Length)
            {
                left.RemoveAt(i);
                if (!stalls)
                    crowd.Run(member.Input.End);
            }

            if (random.Next(3) == 0)
                crowd.Confirm();
            if (random.Next(10) == 0)
                crowd.Pass(TimeSpan.FromSeconds(random.Next(5)) / senders.Length);
        }

        // Each that stalls may be the one to wait for, in either pool, until its time is up.
        var longest = 2 * (senders.Length + 1) * (Crowd.Deadline + TimeSpan.FromSeconds(1));
        for (var i = 0; honest.Any(m => !m.IsDone); i++)
        {
            Assert.True(i < longest.TotalSeconds, $"{honest.Count(m => !m.IsDone)} senders wait for ever.");
            crowd.Confirm();
            crowd.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(honestLines, honest.Sum(m => m.Result!.Lines));
        Assert.DoesNotContain(crowd.Members, m => m.Outcome is not (null or SourceOutcome.Completed or SourceOutcome.Stalled));
    }

    private static byte[] Line(int length) => Encoding.ASCII.GetBytes(new string('x', length - 1) + '\n');
}
