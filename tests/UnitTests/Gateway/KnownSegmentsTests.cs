using System.Text;
using CsCheck;
using Ingest.Gateway.Framing;
using Ingest.Messaging;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Gateway;

/// <summary>A replayable source that is read again with what the ledger holds of it.</summary>
public class KnownSegmentsTests
{
    /// <summary>Long enough that a batch holds about a dozen.</summary>
    private const int LineBytes = 80_000;

    private static readonly Source Source = Cutting.Replayable(Definitions.RefusingAll());

    [Fact]
    public void What_the_ledger_holds_is_passed_over()
    {
        var ledger = new Ledger();
        var file = File(40);
        ledger.Run(file);
        Assert.Equal(40, ledger.Run(file).AlreadyLines);
        Assert.Equal(40, ledger.Lines);

        // The second time the end comes alone, and so it does from then on.
        var batches = ledger.Batches;
        ledger.Run(file);
        Assert.Equal(batches, ledger.Batches);
    }

    [Fact]
    public void A_file_that_grew_is_read_on_from_where_it_ended()
    {
        var ledger = new Ledger();
        ledger.Run(File(5));
        Assert.Equal(5, ledger.Run(File(40)).AlreadyLines);
        Assert.Equal(Enumerable.Range(1, 40), ledger.Numbers.Order());
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\n\n")]
    public void A_last_line_whose_end_came_later_is_one_line(string end)
    {
        var ledger = new Ledger();
        ledger.Run("{\"n\":1}\n{\"n\":2}");
        var run = ledger.Run("{\"n\":1}\n{\"n\":2}" + end + "{\"n\":3}\n");
        Assert.Equal((2, 3), (run.AlreadyLines, run.TotalLines));
        Assert.Equal([1, 2, 3], ledger.Numbers.Order());
        Assert.Equal(end == "\n\n" ? 5 : 4, ledger.NextLine);

        // And it is known from then on.
        Assert.Equal(3, ledger.Run("{\"n\":1}\n{\"n\":2}" + end + "{\"n\":3}\n").AlreadyLines);
    }

    [Fact]
    public void A_line_that_was_cut_short_is_read_whole_when_the_file_is_repaired()
    {
        var ledger = new Ledger();
        ledger.Run("{\"n\":1}\n{\"n\":2");
        ledger.Run("{\"n\":1}\n{\"n\":22}\n");
        Assert.Equal([1, 22], ledger.Numbers.Order());
        Assert.Equal(2, ledger.Run("{\"n\":1}\n{\"n\":22}\n").AlreadyLines);
    }

    [Fact]
    public void A_file_that_became_shorter_is_not_loaded_again()
    {
        var ledger = new Ledger();
        ledger.Run(File(40));
        Assert.True(ledger.Run(File(3)).EndsInsideKnown);
        Assert.Equal(40, ledger.Lines);
    }

    [Fact]
    public void Other_content_under_the_same_name_is_never_taken_for_it()
    {
        var ledger = new Ledger();
        ledger.Run(File(40));
        var changed = File(40).Replace("{\"n\":3,", "{\"n\":4,", StringComparison.Ordinal);
        ledger.Run(changed);
        Assert.Equal(2, ledger.Numbers.Count(n => n == 4) - 1);

        // Only the batch in which something changed is another one.
        Assert.Equal(2, ledger.Numbers.Count(n => n == 5));
        Assert.Equal(1, ledger.Numbers.Count(n => n == 40));
    }

    [Fact]
    public void Over_any_number_of_runs_cut_short_anywhere_no_line_is_lost_and_none_comes_twice() =>
        Gen.Select(Gen.Int[1, 60], Gen.Bool, Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.Int[1, LineBatchBuilder.CutBytes * 9 / 8]).Array[0, 5]).Sample((count, terminated, runs) =>
        {
            var whole = File(count);
            if (!terminated)
                whole = whole[..^1];
            var ledger = new Ledger();
            foreach (var (share, committed, receive) in runs)
                ledger.Run(whole[..(int)(whole.Length * share)], committed, receive);
            ledger.Run(whole);

            // A line that was cut short is another one; it has no number, or is short of its filling.
            return ledger.WholeLines.Order().SequenceEqual(Enumerable.Range(1, count)) && ledger.Reaches(whole.Length);
        }, iter: 300);

    private static string File(int lines) => string.Concat(Enumerable.Range(1, lines).Select(n => $"{{\"n\":{n},\"filling\":\"{new string('x', LineBytes + (n * 7919 % 1000))}\"}}\n"));

    private sealed class Ledger
    {
        private readonly Dictionary<Guid, CutBatch> _batches = [];

        public int Batches => _batches.Count;

        public long Lines => _batches.Values.Sum(b => b.Segments.Sum(s => s.Lines));

        public long NextLine => _batches.Values.SelectMany(b => b.Segments).Max(s => s.NextLine);

        public IEnumerable<int> Numbers => Texts.Where(t => t.Contains('}', StringComparison.Ordinal)).Select(NumberOf);

        public IEnumerable<int> WholeLines => Texts.Where(t => t.EndsWith("\"}", StringComparison.Ordinal)).Select(NumberOf);

        private IEnumerable<string> Texts => _batches.Values.SelectMany(b => b.Lines.Split('\n')).Select(t => t.Trim('\r')).Where(t => t.Length > 0);

        /// <summary>One run that reads the file whole, of whose batches a share is committed before it is killed.</summary>
        public LineBatchBuilder Run(string file, double committed = 1, int receive = 100_000)
        {
            var known = new KnownSegments(_batches.Values.Where(b => b.Segments.Count > 0).Select(b => new KnownSegment(
                b.Id, b.Segments[0].ByteOffset, b.Segments[0].ByteLength, b.Segments[0].NextLine, b.Segments[0].Lines)));
            using var builder = new LineBatchBuilder(Source, new FakeTimeProvider(), known);
            var made = new List<CutBatch>();
            ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(file);
            while (bytes.Length > 0)
            {
                var memory = builder.GetMemory().Span;
                var count = Math.Min(Math.Min(memory.Length, bytes.Length), receive);
                bytes[..count].CopyTo(memory);
                bytes = bytes[count..];
                builder.Advance(count);
                TakeFull();
            }

            builder.EndInput();
            if (!builder.EndsInsideKnown)
            {
                TakeFull();
                foreach (var batch in builder.Complete())
                    Keep(batch);
            }

            foreach (var batch in made.Take((int)Math.Round(made.Count * committed)))
                _batches.TryAdd(batch.Id, batch);
            return builder;

            void TakeFull()
            {
                while (builder.IsFull)
                    Keep(builder.Take());
            }

            void Keep(LineBatch batch)
            {
                made.Add(new CutBatch(batch.Id, Encoding.UTF8.GetString(batch.Lines.Span), batch.Segments, batch.Rejects, batch.Ends));
                batch.Dispose();
            }
        }

        /// <summary>Whether segments lead without a gap from the beginning to that place.</summary>
        public bool Reaches(long end)
        {
            var reached = new HashSet<long> { 0 };
            foreach (var segment in _batches.Values.SelectMany(b => b.Segments).OrderBy(s => s.ByteOffset))
            {
                if (reached.Contains(segment.ByteOffset))
                    reached.Add(segment.ByteOffset + segment.ByteLength);
            }

            return reached.Contains(end);
        }

        private static int NumberOf(string line) =>
            int.Parse(line.AsSpan(5, line.AsSpan(5).IndexOfAny(',', '}')), System.Globalization.CultureInfo.InvariantCulture);
    }
}
