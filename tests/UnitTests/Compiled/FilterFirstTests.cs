using System.Text;
using CsCheck;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Rows;
using Ingest.Pipelines.Scanning;
using Ingest.UnitTests.Scanning;

namespace Ingest.UnitTests.Compiled;

/// <summary>A filter that is asked before the columns are looked for, and one that is asked together with them.</summary>
public class FilterFirstTests
{
    private const int LinesBetweenLooks = 1024;

    private static readonly PipelineDefinition Definition = Definitions.Parse("""
        pipeline: p
        table: t
        where: a != 2 && b.a != "x"
        columns:
          b: text
          c: text
          d: { from: a, type: bigint }
        """);

    private static readonly Gen<byte[]> Line = Gen.Frequency(
        (3, Gen.OneOf("""{"a":1,"b":"y"}""", """{"a":2}""", "{}", """{"b":{"a":"x"},"b":7}""", """{"b":{"a":"x"}}""").Select(Encoding.UTF8.GetBytes)),
        (3, JsonLines.Valid.Select(Encoding.UTF8.GetBytes)),
        (2, JsonLines.Edited));

    [Fact]
    public void Every_line_comes_to_the_same_either_way() => Line.Array[1, 20].Sample(
        lines =>
        {
            var segment = lines.SelectMany(line => (byte[])[.. line, (byte)'\n']).ToArray();
            Assert.Equal(Verdicts(new RowBuilder(new CompiledPipeline(Definition)), segment), Verdicts(WhereItDoesNotPay(), segment));
        },
        iter: 2_000);

    [Theory]
    [InlineData(0, true)]
    [InlineData((LinesBetweenLooks / 4) - 1, true)]
    [InlineData(LinesBetweenLooks / 4, false)]
    [InlineData(LinesBetweenLooks, false)]
    public void It_is_asked_as_long_as_it_drops_three_of_four(int kept, bool pays)
    {
        var first = new FilterFirst(new CompiledFilter(Definition), new LineIndex());
        foreach (var earlier in (int[])[LinesBetweenLooks, 0, kept])
        {
            for (var i = 0; i < LinesBetweenLooks; i++)
                first.Count(i < earlier);
        }

        Assert.Equal(pays, first.Pays);
    }

    private static RowBuilder WhereItDoesNotPay()
    {
        var builder = new RowBuilder(new CompiledPipeline(Definition));
        Verdicts(builder, [.. Enumerable.Repeat("{}\n"u8.ToArray(), LinesBetweenLooks).SelectMany(line => line)]);
        return builder;
    }

    private static List<string> Verdicts(RowBuilder builder, byte[] lines)
    {
        using var rows = new TupleWriter();
        var verdicts = new List<string>();
        for (var cursor = builder.Read(lines, 1); cursor.MoveNext();)
        {
            var start = rows.Length;
            var verdict = builder.Add(cursor, rows);
            verdicts.Add($"{cursor.Number} {verdict} {(verdict == Verdict.Rejected ? builder.Refusal : null)} {Convert.ToHexString(rows.Written[start..])}");
        }

        return verdicts;
    }
}
