using System.Text;
using CsCheck;
using Ingest.Gateway.Framing;
using Ingest.Pipelines.Definition;

namespace Ingest.UnitTests.Gateway;

/// <summary>A filter that is pushed down changes what crosses the broker, and nothing else.</summary>
public class PushDownProperties
{
    private const int SmallLimit = 1_000;
    private const int Limit = LineBatchBuilder.CutBytes + 40_000;

    private static readonly Gen<PipelineDefinition> Definition = Gen.OneOf(Gen.Const(Define(SmallLimit)), Gen.Const(Define(Limit)));

    private static readonly Gen<byte[]> Line = Gen.Frequency(
        (4, Text("""{"id":1,"keep":true,"tags":["yes"],"tag":"kept"}""", """{"id":2,"tags":[1],"keep":"false","tag":"é"}""", """ {"tags":["x"], "id": 3 ,"keep":0} """)),
        (8, Text("""{"id":4,"keep":false,"tags":["yes"]}""", """{"id":5,"keep":true,"tags":["no"]}""", """{"id":"no integer","keep":true}""", "{}")),

        // A name may be spelt with escapes and come twice, where the last one counts.
        (3, Text("""{"id":6,"k\u0065ep":false,"tags":["yes"]}""", """{"id":7,"keep":false,"tags":["y"],"keep":true}""", """{"id":8,"keep":true,"tags":["y"],"keep":false}""", """{"keep":true,"tags":["n\u006f"],"id":9}""")),
        (2, Text("", " ", "\t \r", "\r")),
        (4, Text("""{"id":10,"keep":true,"tags":["x"]""", "[]", "7", "{\"id\":11,\"keep\":false,\"x\":\"\\q\"}", "\uFEFF{\"keep\":false}", """{"id":"x","keep":true,"tags":["x"]}""", "{}{}", "\0")),
        (2, Gen.OneOf(new byte[] { 0xff }, [.. "{\"keep\":false,\"x\":\""u8, 0xc3, .. "\"}"u8], [.. "{\"keep\":false,\"x\":\""u8, 0xed, 0xa0, 0x80, .. "\"}"u8])),
        (2, Gen.Select(Gen.OneOf("true", "false"), Gen.Int[100, 3_000]).Select((keep, length) => Padded(keep, length))));

    private static readonly Gen<byte[]> LongLine = Gen.Select(
        Gen.OneOf("true", "false"), Gen.OneOf(60_000, 150_000, LineBatchBuilder.CutBytes, Limit, Limit + 20, Limit + 100_000), Gen.Int[-60, 20]).Select((keep, length, more) => Padded(keep, length + more));

    private static readonly Gen<byte[]> Stream =
        from mark in Gen.OneOf("", "", "\uFEFF")
        from lines in Gen.Select(Gen.Frequency((12, Line), (1, LongLine)), Text("\n", "\n", "\r\n")).Array[0, 40]
        from repeat in Gen.Frequency((2, Gen.Const(1)), (2, Gen.Int[2, 60]), (1, Gen.Int[200, 700]))
        from last in Gen.Frequency((1, Gen.Const<byte[]>([])), (1, Line))
        let part = lines.SelectMany(l => (byte[])[.. l.Item1, .. l.Item2]).ToArray()
        let times = part.Length > 100_000 ? Math.Min(repeat, 4) : repeat
        select (byte[])[.. Encoding.UTF8.GetBytes(mark), .. Enumerable.Repeat(part, times).SelectMany(p => p), .. last];

    private static readonly Gen<int[]> Receives = Gen.OneOf(
        Gen.Const(new[] { int.MaxValue }), Gen.OneOf(1, 7, 4_096, 65_536, LineBatchBuilder.CutBytes - 1).Array[1, 8], Gen.Int[1, Limit].Array[1, 8])
        .Select(sizes => (int[])[.. sizes, Math.Max(sizes.Max(), 9_999)]);

    [Fact]
    public Task A_live_source_has_the_same_rows_rejects_and_sums_with_it_and_without() =>
        Gen.Select(Stream, Receives, Receives, Definition).SampleAsync(
            async (bytes, some, other, definition) =>
            {
                var with = await PushedDown.RunAsync(Cutting.Live(definition), bytes, some, isOn: true);
                var without = await PushedDown.RunAsync(Cutting.Live(definition), bytes, other, isOn: false);
                Assert.Equal(without.Rejects, with.Rejects);
                Assert.Equal(without.RowLines, with.RowLines);
                Assert.Equal(without.Tuples, with.Tuples);
                Assert.Equal((without.Sums, without.End), (with.Sums, with.End));
                AssertOnlyDoubtIsLeft(with, without);
            },
            iter: 120, print: Print);

    [Fact]
    public Task A_replayable_source_has_the_same_batches_with_it_and_without() =>
        Gen.Select(Stream, Receives, Receives, Definition).SampleAsync(
            async (bytes, some, other, definition) =>
            {
                var with = await PushedDown.RunAsync(Cutting.Replayable(definition), bytes, some, isOn: true);
                var without = await PushedDown.RunAsync(Cutting.Replayable(definition), bytes, other, isOn: false);
                Assert.Equal(without.Segments, with.Segments);
                Assert.Equal(without.Rejects, with.Rejects);
                Assert.Equal(without.RowLines, with.RowLines);
                Assert.Equal(without.Tuples, with.Tuples);
                Assert.Equal((without.Sums, without.End), (with.Sums, with.End));
                AssertOnlyDoubtIsLeft(with, without);
            },
            iter: 120, print: Print);

    /// <summary>What can be told is told before it crosses: nothing is left for the processors to filter but lines longer than a batch.</summary>
    private static void AssertOnlyDoubtIsLeft(PushedDown with, PushedDown without)
    {
        Assert.Equal(0, without.FilteredBefore);
        Assert.InRange(with.Sums.Filtered - with.FilteredBefore, 0, with.Sums.Bytes / LineBatchBuilder.CutBytes);
        Assert.InRange(with.Crossed, 0, without.Crossed);
    }

    private static PipelineDefinition Define(int limit) => Definitions.Parse($$"""
        pipeline: p
        table: t
        where: keep != false && tags[0] != "no"
        max_line_bytes: {{limit}}
        columns:
          id: { type: integer, required: true }
          tag: text
        """);

    private static Gen<byte[]> Text(params string[] texts) => Gen.OneOf(texts).Select(Encoding.UTF8.GetBytes);

    private static byte[] Padded(string keep, int length)
    {
        var start = $"{{\"id\":12,\"keep\":{keep},\"tags\":[\"x\"],\"pad\":\"";
        return Encoding.UTF8.GetBytes($"{start}{new string('p', Math.Max(0, length - start.Length - 2))}\"}}");
    }

    private static string Print((byte[] Bytes, int[] Some, int[] Other, PipelineDefinition Definition) t) =>
        $"{t.Bytes.Length} bytes, limit {t.Definition.MaxLineBytes}, receives {string.Join(',', t.Some)} or {string.Join(',', t.Other)}: {Encoding.Latin1.GetString(t.Bytes.AsSpan(0, Math.Min(600, t.Bytes.Length)))}";
}
