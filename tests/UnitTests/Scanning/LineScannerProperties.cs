using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsCheck;
using Ingest.Messaging;
using Ingest.Pipelines;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Scanning;

namespace Ingest.UnitTests.Scanning;

/// <summary>The scanner against System.Text.Json.</summary>
public class LineScannerProperties
{
    private static readonly Gen<JsonPath> Path = Gen.OneOf(
        JsonLines.Name.Select(JsonPathStep.Member), JsonLines.Name.Select(JsonPathStep.Member), Gen.Int[0, 3].Select(JsonPathStep.Element))
        .Array[0, 3].Select(JsonLines.Name, (steps, first) => new JsonPath([JsonPathStep.Member(first), .. steps]));

    /// <summary>Members that nobody asks for, which are passed over where they look plain.</summary>
    private static readonly Gen<byte[]> FewDigits = Gen.Select(Gen.Int[1, 99_999], Gen.OneOf("true", "null", "false", "7", "\"\""))
        .Select((digits, last) => Encoding.UTF8.GetBytes($"{{\"x\":{digits},\"y\":{last}}}"));

    [Fact]
    public void Values_are_found_where_SystemTextJson_finds_them() =>
        Gen.Select(JsonLines.Valid, Path.Array[1, 6]).Sample((line, paths) =>
        {
            var tree = new PathTree();
            var slots = paths.Select(tree.Slot).ToArray();
            var scanner = new LineScanner(tree);
            var bytes = Encoding.UTF8.GetBytes(line);
            Assert.True(Scan(scanner, """{"a":{"a":1,"b":[1,2]},"b":[[0]],"c":7}"""u8));
            Assert.True(Scan(scanner, bytes));
            using var document = JsonDocument.Parse(bytes);
            foreach (var (path, slot) in paths.Zip(slots))
                Assert.Equal((path.ToString(), Expected(document.RootElement, path)), (path.ToString(), Found(scanner.Values(bytes)[slot])));
        }, iter: 3_000);

    [Fact]
    public void Lines_are_accepted_exactly_when_SystemTextJson_accepts_them() =>
        JsonLines.Edited.Sample(AssertAlike, iter: 20_000);

    [Theory]
    [InlineData("nnull")]
    [InlineData("nxnull")]
    [InlineData("fals")]
    [InlineData("fxalse")]
    [InlineData("ttrue")]
    [InlineData("true1")]
    [InlineData("0123456789")]
    [InlineData("1 2")]
    [InlineData("1234567890123456")]
    [InlineData("\"a\" \"b\"")]
    [InlineData("{} 1")]
    public void What_nearly_is_a_value_is_accepted_exactly_when_SystemTextJson_accepts_it(string value) => AssertAlike(
        Encoding.UTF8.GetBytes($"{{\"x\":{value},\"y\":\"and so much behind it that whole vectors can be read\"}}"));

    [Fact]
    public void Random_bytes_are_accepted_exactly_when_SystemTextJson_accepts_them() =>
        JsonLines.Random.Where(bytes => !LineReader.IsBlank(bytes)).Sample(AssertAlike, iter: 10_000);

    [Fact]
    public void Every_line_of_a_segment_is_judged_as_if_it_stood_alone() =>
        Gen.Select(JsonLines.Edited.Where(line => line is not [.., (byte)'\r']).Array[1, 6], Gen.OneOf("\n", "\r\n", "\n\n", "\n \t\n"), Gen.Bool).Sample((lines, end, terminated) =>
        {
            var lineEnd = Encoding.UTF8.GetBytes(end);
            var together = lines.Aggregate(Array.Empty<byte>(), (all, line) => [.. all, .. line, .. lineEnd]);
            if (!terminated)
                together = together[..^lineEnd.Length];
            Assert.Equal(lines.SelectMany(line => Verdicts([.. line, (byte)'\n'])), Verdicts(together));
        }, iter: 3_000);

    [Fact]
    public void Nothing_is_read_before_the_lines_or_behind_them() => Gen.OneOf(JsonLines.Edited, JsonLines.Random, FewDigits).Where(line => line.Length < GuardedMemory.Length).Sample(
        line =>
        {
            using var memory = new GuardedMemory();
            byte[] terminated = [.. line, (byte)'\n'];
            foreach (var bytes in (byte[][])[line, terminated])
            {
                var expected = Verdicts(bytes);
                Assert.Equal(expected, Verdicts(memory.AtStart(bytes)));
                Assert.Equal(expected, Verdicts(memory.AtEnd(bytes)));
            }
        },
        iter: 5_000);

    private static List<string> Verdicts(ReadOnlySpan<byte> lines)
    {
        var rows = new RowBuilder(Pipeline);
        using var tuples = new Ingest.Pipelines.Rows.TupleWriter();
        var verdicts = new List<string>();
        for (var cursor = rows.Read(lines, 1); cursor.MoveNext();)
        {
            var start = tuples.Length;
            verdicts.Add(rows.Add(cursor, tuples) switch
            {
                Verdict.Kept => Convert.ToHexString(tuples.Written[start..]),
                Verdict.Filtered => "filtered",
                _ => $"{rows.Refusal}",
            });
        }

        return verdicts;
    }

    private static bool Scan(LineScanner scanner, ReadOnlySpan<byte> line)
    {
        var lines = new LineCursor(scanner, line, 1);
        Assert.True(lines.MoveNext());
        return scanner.Scan(lines.Text);
    }

    private static void AssertAlike(byte[] line)
    {
        var expected = Utf8.IsValid(line) && Parses(line);
        using var batch = Lines.Batch(line);
        using var rows = new Ingest.Processor.BatchProcessor(Pipeline).Process(batch);
        if (batch.Segments[0].Lines == 0)
            return;
        var reason = rows.Rejects is [var reject] ? reject.Reason : (RejectReason?)null;
        // What is valid JSON may still be a number that no column can hold.
        Assert.Equal(expected, reason is null or RejectReason.NotAnObject or RejectReason.InvalidValue);
        Assert.Equal(!Utf8.IsValid(line), reason == RejectReason.InvalidUtf8);
        Assert.NotEqual(RejectReason.InternalError, reason);
    }

    private static CompiledPipeline Pipeline { get; } = new(Definitions.Parse("""
        pipeline: p
        table: t
        where: a == null || a.b == null || a.b != a[0]
        columns:
          whole: { type: text, from: a }
          part:  { type: jsonb, from: 'a[0]["é"]' }
        """));

    private static bool Parses(byte[] line)
    {
        try
        {
            JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 64 }).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Expected(JsonElement value, JsonPath path)
    {
        foreach (var step in path.Steps)
        {
            if (step.Name is { } name && value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any(m => m.Name == name))
                value = value.EnumerateObject().Last(m => m.Name == name).Value;
            else if (step.Name is null && value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > step.Index)
                value = value[step.Index];
            else
                return "Missing";
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null ? $"{value.ValueKind}" : $"{value.ValueKind} {value.GetRawText()}";
    }

    private static string Found(JsonValue value)
    {
        var raw = Encoding.UTF8.GetString(value.Raw);
        Assert.Equal(value.Kind == JsonKind.String && raw.Contains('\\', StringComparison.Ordinal), value.Escaped);
        if (value.Kind == JsonKind.String)
            raw = $"\"{raw}\"";
        return raw.Length == 0 ? $"{value.Kind}" : $"{value.Kind} {raw}";
    }
}
