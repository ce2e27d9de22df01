using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsCheck;
using Ingest.Messaging;
using Ingest.Pipelines;
using Ingest.Pipelines.Compiled;

namespace Ingest.UnitTests.Compiled;

/// <summary>The scanner against System.Text.Json.</summary>
public class LineScannerProperties
{
    private static readonly Gen<string> Name = Gen.OneOf("a", "b", "c", "", "é", "a.b", "\"", "\\", "\U0001F600");

    private static readonly Gen<string> SpelledName = Gen.Select(Name, Gen.Bool).Select((name, escaped) =>
        escaped ? $"\"{string.Concat(name.Select(c => $"\\u{(int)c:x4}"))}\"" : JsonSerializer.Serialize(name, Relaxed));

    private static readonly Gen<string> Space = Gen.OneOf("", "", "", " ", "\t", "\r", "  ");

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Gen.OneOf("null", "true", "false", "0", "-0", "-1.5e+30", "123456789012345678901234567890", "\"\"", "\"\\u0000\\ud800\"", "\"\\\\\\\"\"", "\"é\""),
        Name.Select(name => JsonSerializer.Serialize(name)),
        Gen.Int.Select(i => $"{i}"));

    private static readonly Gen<string> Json = Gen.Recursive<string>((depth, inner) => depth >= 5 ? Scalar : Gen.Frequency(
        (1, Scalar),
        (2, Gen.Select(Space, inner).Array[0, 4].Select(items => $"[{string.Join(",", items.Select(i => i.Item1 + i.Item2))}]")),
        (4, Members(inner))));

    private static readonly Gen<string> Line = Gen.Select(Space, Members(Json)).Select((space, json) => space + json + space);

    private static readonly Gen<JsonPath> Path = Gen.OneOf(
        Name.Select(JsonPathStep.Member), Name.Select(JsonPathStep.Member), Gen.Int[0, 3].Select(JsonPathStep.Element))
        .Array[0, 3].Select(Name, (steps, first) => new JsonPath([JsonPathStep.Member(first), .. steps]));

    private static JsonSerializerOptions Relaxed { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Values_are_found_where_SystemTextJson_finds_them() =>
        Gen.Select(Line, Path.Array[1, 6]).Sample((line, paths) =>
        {
            var tree = new PathTree();
            var slots = paths.Select(tree.Slot).ToArray();
            var scanner = new LineScanner(tree);
            var bytes = Encoding.UTF8.GetBytes(line);
            Assert.Null(scanner.Scan("""{"a":{"a":1,"b":[1,2]},"b":[[0]],"c":7}"""u8));
            Assert.Null(scanner.Scan(bytes));
            using var document = JsonDocument.Parse(bytes);
            foreach (var (path, slot) in paths.Zip(slots))
                Assert.Equal((path.ToString(), Expected(document.RootElement, path)), (path.ToString(), Found(scanner.Values(bytes)[slot])));
        }, iter: 3_000);

    [Fact]
    public void Lines_are_accepted_exactly_when_SystemTextJson_accepts_them() =>
        Gen.Select(Gen.OneOf(Line, Json), Gen.Select(Gen.Int[0, 3], Gen.Int[0, 10_000], Gen.OneOf(Gen.Byte, Gen.OneOf("\"\\{}[]:,0-.eE+tnfu \t\r/"u8.ToArray()))).Array[0, 4])
            .Sample((line, edits) => AssertAlike(Edit(Encoding.UTF8.GetBytes(line), edits)), iter: 10_000);

    [Fact]
    public void Random_bytes_are_accepted_exactly_when_SystemTextJson_accepts_them() =>
        Gen.OneOf(
            Gen.Byte.Array[1, 20],
            Gen.OneOf("\"\\{}[]:,0-.eE+1truefalsn \t\r"u8.ToArray()).Array[1, 12],
            Gen.Select(Gen.Int[60, 68], Gen.Bool, Gen.Int[0, 2]).Select((depth, objects, inside) => Nested(depth, objects, inside)))
            .Where(bytes => !bytes.Contains((byte)'\n') && !LineReader.IsBlank(bytes))
            .Sample(AssertAlike, iter: 10_000);

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

    private static byte[] Edit(byte[] line, (int Kind, int Place, byte Byte)[] edits)
    {
        var bytes = line.ToList();
        foreach (var (kind, place, value) in edits)
        {
            var at = place % (bytes.Count + 1);
            if (kind == 0)
                bytes.Insert(at, value);
            else if (kind == 1 && at < bytes.Count)
                bytes.RemoveAt(at);
            else if (kind == 2 && at < bytes.Count)
                bytes[at] = value;
            else if (kind == 3)
                bytes.RemoveRange(at, bytes.Count - at);
        }

        return [.. bytes.Where(b => b != '\n')];
    }

    private static byte[] Nested(int depth, bool objects, int inside) => Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Repeat(objects ? "{\"a\":" : "[", depth)) + (inside == 0 ? "" : "1") + string.Concat(Enumerable.Repeat(objects ? "}" : "]", depth)));

    private static Gen<string> Members(Gen<string> value) => Gen.Select(SpelledName, Space, value).Array[0, 6]
        .Select(members => $"{{{string.Join(",", members.Select(m => $"{m.Item2}{m.Item1}:{m.Item2}{m.Item3}"))}}}");

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
