using System.Text;
using CsCheck;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Rows;
using Ingest.UnitTests.Scanning;

namespace Ingest.UnitTests.Compiled;

public class LineFilterTests
{
    private const int Limit = 1_000;

    private static readonly PipelineDefinition Definition = Definitions.Parse($"""
        pipeline: p
        table: t
        where: a == 1 || b != null
        max_line_bytes: {Limit}
        columns:
          c: text
        """);

    private static readonly Gen<byte[]> Line = Gen.Frequency(
        (4, Gen.OneOf("""{"a":1}""", """{"a":2}""", "{}", """{"b":0}""", """{"\u0061":1}""").Select(Encoding.UTF8.GetBytes)),
        (3, JsonLines.Valid.Select(Encoding.UTF8.GetBytes)),
        (2, JsonLines.Edited),
        (1, JsonLines.Random),
        (1, Gen.OneOf("", " ", "\r", "\t \r").Select(Encoding.UTF8.GetBytes)),
        (1, Gen.Int[Limit - 2, Limit + 2].Select(length => Encoding.UTF8.GetBytes("{}".PadRight(length)))));

    [Fact]
    public void Lines_that_the_filter_drops_leave_their_line_end_and_all_others_stay_as_they_are() =>
        Gen.Select(Line.Array[0, 30], Gen.OneOf("\n", "\r\n"), Gen.Bool).Sample((lines, end, endsWhole) =>
        {
            var bytes = lines.SelectMany((line, i) => (byte[])[.. line, .. i < lines.Length - 1 || endsWhole ? Encoding.UTF8.GetBytes(end) : []]).ToArray();
            var (expected, dropped) = Expected(bytes);
            var left = bytes.ToArray();
            var length = new LineFilter(new CompiledFilter(Definition)).Compact(left, out var filtered);
            Assert.Equal((Encoding.Latin1.GetString(expected), dropped), (Encoding.Latin1.GetString(left, 0, length), filtered));
        }, iter: 3_000);

    [Fact]
    public void A_filter_goes_on_with_the_next_lines_as_if_it_had_seen_none()
    {
        var filter = new LineFilter(new CompiledFilter(Definition));
        for (var i = 0; i < 2; i++)
        {
            var lines = "{\"a\":2}\n{\"a\":1}\nno JSON\n{}"u8.ToArray();
            Assert.Equal("\n{\"a\":1}\nno JSON\n\n", Encoding.UTF8.GetString(lines, 0, filter.Compact(lines, out var filtered)));
            Assert.Equal(2, filtered);
        }
    }

    /// <summary>Each line by itself, as a processor judges it.</summary>
    private static (byte[] Left, int Dropped) Expected(byte[] bytes)
    {
        var (left, dropped) = (new List<byte>(), 0);
        for (var start = 0; start < bytes.Length;)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', start);
            var line = bytes[start..(end < 0 ? bytes.Length : end + 1)];
            start += line.Length;
            if (IsFiltered(line))
            {
                left.Add((byte)'\n');
                dropped++;
            }
            else
            {
                left.AddRange(line);
            }
        }

        return ([.. left], dropped);
    }

    private static bool IsFiltered(byte[] line)
    {
        using var rows = new TupleWriter();
        var builder = new RowBuilder(new CompiledPipeline(Definition));
        var cursor = builder.Read(line, 1);
        return cursor.MoveNext() && builder.Add(cursor, rows) == Verdict.Filtered;
    }
}
