using System.Text;
using CsCheck;
using Ingest.Messaging;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.Processor;
using Ingest.UnitTests.Compiled;

namespace Ingest.UnitTests.Processor;

public class BatchProcessorTests
{
    private static readonly PipelineDefinition Definition = Definitions.Parse("""
        pipeline: p
        table: t
        where: keep != false
        max_line_bytes: 60
        columns:
          id: { type: integer, required: true }
          keep: boolean
        """);

    private static readonly Gen<byte[]> DirtyLine = Gen.OneOf(
        Gen.Int[-5, 5].Select(id => Encoding.UTF8.GetBytes($"{{\"id\":{id},\"keep\":true}}")),
        Gen.Int[-5, 5].Select(id => Encoding.UTF8.GetBytes($"{{\"id\":{id},\"keep\":false}}")),
        Gen.OneOf("", " \t\r", "{\"keep\":true}", "{\"id\":\"x\",\"keep\":true}", "{\"id\":1", "[]", "{\"id\":1,\"keep\":true,\"x\":\"é\"}")
            .Select(Encoding.UTF8.GetBytes),
        Gen.OneOf(new byte[] { 0xff }, [0xc3], [0xa9], [0xe2, 0x82], [.. "{\"id\":1,\"keep\":true,\"x\":\""u8, 0xc3, .. "\"}"u8]),
        Gen.Int[58, 70].Select(n => Encoding.UTF8.GetBytes("{\"id\":1,\"keep\":true,\"x\":\"" + new string('x', n - 27) + "\"}")));

    private static readonly Gen<byte[]> DirtyPart =
        Gen.Select(Gen.Select(DirtyLine, Gen.OneOf("\n", "\n", "\r\n")).Array[0, 12], DirtyLine, Gen.Bool).Select((lines, last, isTerminated) =>
            lines.SelectMany(l => (byte[])[.. l.Item1, .. Encoding.UTF8.GetBytes(l.Item2)]).Concat(isTerminated ? [] : last).ToArray());

    private readonly BatchProcessor _processor = new(new CompiledPipeline(Definition));

    [Fact]
    public void Short_numbers_that_ask_for_many_digits_cannot_take_all_memory()
    {
        var digits = Definitions.Parse("pipeline: p\ntable: t\ncolumns:\n  t: text");
        var lines = string.Join('\n', Enumerable.Repeat("{\"t\":1e131071}", 200));
        using var batch = Lines.Batch(Encoding.UTF8.GetBytes(lines));
        using var rows = new BatchProcessor(new CompiledPipeline(digits)).Process(batch);
        Assert.InRange(rows.Tuples.Length, 10 << 20, 15 << 20);
        Assert.Equal(200, rows.Rows + rows.Rejects.Count);
        Assert.All(rows.Rejects, reject => Assert.Equal(RejectReason.InvalidValue, reject.Reason));
    }

    [Fact]
    public void A_short_line_that_asks_for_many_digits_in_every_column_cannot_take_all_memory()
    {
        string[] columns = [.. Enumerable.Range(0, 20).Select(i => $"c{i}")];
        var texts = Definitions.Parse($"pipeline: p\ntable: t\ncolumns:\n{string.Concat(columns.Select(c => $"  {c}: text\n"))}");
        var digits = $"[{string.Join(',', Enumerable.Repeat("1e131071", 110))}]";
        var greedy = $"{{{string.Join(',', columns.Select(c => $"\"{c}\":{digits}"))}}}";
        using var batch = Lines.Batch(Encoding.UTF8.GetBytes($"{{\"c0\":\"before\"}}\n{greedy}\n{{\"c0\":\"behind\"}}\n"));
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        using var rows = new BatchProcessor(new CompiledPipeline(texts)).Process(batch);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 64 << 20);

        var reject = Assert.Single(rows.Rejects);
        Assert.Equal((RejectReason.InvalidValue, 101, null), (reject.Reason, reject.Line, reject.Column));
        Assert.Equal("the rows of its batch would take more than 13631488 bytes", reject.Detail);
        Assert.Equal([100, 102], rows.RowLines);
    }

    [Fact]
    public void Counts_balance_in_every_segment() =>
        DirtyPart.Array[0, 5].Sample(parts =>
        {
            using var batch = Lines.Batch(parts);
            using var rows = new BatchProcessor(new CompiledPipeline(Definition)).Process(batch);
            Assert.Equal(batch.Segments.Count, rows.Segments.Count);
            for (var i = 0; i < parts.Length; i++)
            {
                var segment = rows.Segments[i];
                Assert.Equal(segment.Lines, segment.Rows + segment.Filtered + segment.Rejected);
                Assert.Equal(segment.Rejected, rows.Rejects.Count(r => r.Segment == i));
                Assert.Equal(batch.Segments[i] with { PayloadLength = 0 }, segment with { Rows = 0, Filtered = 0, Rejected = 0 });
            }

            Assert.Equal(rows.Rows, rows.Segments.Sum(s => s.Rows));
            Assert.Equal(Judge(parts), Judgement(rows, batch));
        }, iter: 2_000);

    [Fact]
    public void A_batch_of_which_nothing_is_left_still_is_a_batch()
    {
        var end = new SourceEnd(Guid.NewGuid(), "s", 1, 1, 2, DateTimeOffset.UnixEpoch);
        using var batch = new LineBatch { Id = Guid.NewGuid(), Pipeline = "p", Definition = "old", Segments = [], Ends = [end] };
        using var rows = _processor.Process(batch);
        Assert.Equal((batch.Id, "p", Definition.Version), (rows.Id, rows.Pipeline, rows.Definition));
        Assert.Equal((0, 0, 0), (rows.Rows, rows.Tuples.Length, rows.Segments.Count));
        Assert.Equal([end], rows.Ends);
        Assert.Equal([new RowColumn("id", ColumnType.Integer), new RowColumn("keep", ColumnType.Boolean)], rows.Columns);

        using var filtered = Lines.Batch("{\"id\":1,\"keep\":false}\n"u8.ToArray());
        using var nothing = _processor.Process(filtered);
        Assert.Equal((0, 1, 0), (nothing.Rows, nothing.Segments[0].Filtered, nothing.Segments[0].Rejected));
    }

    [Fact]
    public void Invalid_UTF8_rejects_its_own_line_alone()
    {
        using var batch = Lines.Batch([.. "{\"id\":1,\"keep\":true}\n{\"id\":2,\"keep\":\""u8, 0xc3, 0x28, .. "\"}\n{\"id\":3,\"keep\":true}\n"u8]);
        using var rows = _processor.Process(batch);
        Assert.Equal([100, 102], rows.RowLines);
        var reject = Assert.Single(rows.Rejects);
        Assert.Equal((RejectReason.InvalidUtf8, 101, "the bytes from byte 17 on are not UTF-8"), (reject.Reason, reject.Line, reject.Detail));
    }

    [Fact]
    public void A_character_is_not_put_together_from_two_segments()
    {
        // Each segment is the unterminated end of its source.
        using var batch = Lines.Batch([.. "{\"id\":1,\"keep\":true,\"x\":\""u8, 0xc3], [0xa9, .. "\"}"u8]);
        using var rows = _processor.Process(batch);
        Assert.All(rows.Rejects, reject => Assert.Equal(RejectReason.InvalidUtf8, reject.Reason));
        Assert.Equal(2, rows.Rejects.Count);
    }

    [Fact]
    public void Rejects_of_the_gateway_pass_through()
    {
        var over = new Reject { Segment = 0, Line = 1, Reason = RejectReason.LineTooLong, Detail = "long", Raw = "abc"u8.ToArray(), RawLength = 9_000 };
        using var lines = Lines.Batch([], "{\"id\":\"x\"}\n"u8.ToArray());
        using var batch = new LineBatch
        {
            Id = lines.Id,
            Pipeline = "p",
            Definition = "",
            Segments = [lines.Segments[0] with { Lines = 1, Rejected = 1 }, lines.Segments[1]],
            Rejects = [over],
            Lines = lines.Lines,
        };
        using var rows = _processor.Process(batch);
        Assert.Same(over, Assert.Single(rows.Rejects));
        Assert.Equal([1, 0], rows.Segments.Select(s => s.Rejected));
        Assert.Equal([0, 1], rows.Segments.Select(s => s.Filtered));
    }

    [Fact]
    public void A_reject_keeps_its_line_whole_and_says_where_it_is()
    {
        using var batch = Lines.Batch("{\"id\":1,\"keep\":true}\r\n\n {\"id\":\"x\",\"keep\":true} \r\n"u8.ToArray());
        using var rows = _processor.Process(batch);
        var reject = Assert.Single(rows.Rejects);
        Assert.Equal((102, "id", 24), (reject.Line, reject.Column, reject.RawLength));
        Assert.Equal(" {\"id\":\"x\",\"keep\":true} ", Encoding.UTF8.GetString(reject.Raw.Span));
    }

    [Fact]
    public void A_line_over_the_limit_is_one_reject_with_a_prefix()
    {
        using var batch = Lines.Batch([.. Enumerable.Repeat((byte)'x', 10_000), (byte)'\r', (byte)'\n']);
        using var rows = _processor.Process(batch);
        var reject = Assert.Single(rows.Rejects);
        Assert.Equal((RejectReason.LineTooLong, 10_000, Reject.PrefixBytes), (reject.Reason, reject.RawLength, reject.Raw.Length));
        Assert.Equal("the line is 10000 bytes long, the limit (max_line_bytes) is 60", reject.Detail);
    }

    [Fact]
    public void A_fault_of_ours_on_a_line_costs_that_line_alone()
    {
        const string before = "{\"id\":1,\"text\":\"a\"}\n", behind = "{\"id\":3,\"text\":\"c\"}\n";
        var faulty = FaultyEncoder.Compile(() => new InvalidTimeZoneException("unforeseen"));
        using var batch = Lines.Batch(Encoding.UTF8.GetBytes($"{before}{FaultyEncoder.Line}\n{behind}"));
        using var rows = new BatchProcessor(faulty).Process(batch);
        FaultyEncoder.AssertRejected(rows, 101, "InvalidTimeZoneException: unforeseen");
        Assert.Equal([100, 102], rows.RowLines);
        Assert.Equal((2, 0, 1), (rows.Segments[0].Rows, rows.Segments[0].Filtered, rows.Segments[0].Rejected));

        using var good = Lines.Batch(Encoding.UTF8.GetBytes(before + behind));
        using var expected = new BatchProcessor(new CompiledPipeline(faulty.Definition)).Process(good);
        Assert.Equal(expected.Tuples.ToArray(), rows.Tuples.ToArray());
    }

    [Fact]
    public void Rows_hold_the_fields_of_their_lines_in_order()
    {
        using var batch = Lines.Batch("{\"id\":1,\"keep\":true}\n{}\n"u8.ToArray(), "\n{\"id\":2,\"keep\":true}"u8.ToArray());
        using var rows = _processor.Process(batch);
        Assert.Equal([100, 201], rows.RowLines);
        var length = rows.Tuples.Length / 2;
        Assert.Equal(["1", "true"], Row.Fields(rows.Columns, rows.Tuples.Span[..length]));
        Assert.Equal(["2", "true"], Row.Fields(rows.Columns, rows.Tuples.Span[length..]));
    }

    // Per line what a processor of its own makes of it.
    private static string Judge(byte[][] parts)
    {
        var verdicts = new List<string>();
        for (var i = 0; i < parts.Length; i++)
        {
            var reader = new LineReader(parts[i], 100 * (i + 1));
            while (reader.MoveNext())
            {
                var line = reader.Line.ToArray();
                var verdict =
                    line.Length > 60 ? "line_too_long"
                    : !System.Text.Unicode.Utf8.IsValid(line) ? "invalid_utf8"
                    : Row.Of(Definition, line).Split(':', ' ')[0];
                if (verdict != "filtered")
                    verdicts.Add($"{i}.{reader.Number}:{(int.TryParse(verdict, out _) ? "row" : verdict)}");
            }
        }

        return string.Join(' ', verdicts);
    }

    private static string Judgement(RowBatch rows, LineBatch batch)
    {
        var next = 0;
        var lines = batch.Segments.Select((_, i) => rows.RowLines.Skip(next).Take(rows.Segments[i].Rows).Select(line =>
        {
            next++;
            return (Segment: i, Line: line, Verdict: "row");
        }).ToList()).SelectMany(l => l).ToList();
        return string.Join(' ', lines
            .Concat(rows.Rejects.Select(r => (r.Segment, r.Line, Verdict: r.Reason.SqlName())))
            .OrderBy(l => (l.Segment, l.Line))
            .Select(l => $"{l.Segment}.{l.Line}:{l.Verdict}"));
    }
}
