using System.Text;
using System.Text.Json;
using CsCheck;

namespace Ingest.UnitTests.Scanning;

/// <summary>Lines that are JSON, nearly JSON, and not at all, of lengths about the blocks of 64 bytes that are looked at together.</summary>
internal static class JsonLines
{
    private const string Marks = "\"\\{}[]:,0-.eE+tnfu \t\r/";

    public static readonly Gen<string> Name = Gen.OneOf("a", "b", "c", "", "é", "a.b", "\"", "\\", "\U0001F600");

    private static readonly Gen<string> SpelledName = Gen.Select(Name, Gen.Bool).Select((name, escaped) =>
        escaped ? $"\"{string.Concat(name.Select(c => $"\\u{(int)c:x4}"))}\"" : JsonSerializer.Serialize(name, Relaxed));

    private static readonly Gen<string> Space = Gen.OneOf("", "", "", " ", "\t", "\r", "  ");

    /// <summary>Moves what follows it across the ends of blocks.</summary>
    private static readonly Gen<string> Filler = Gen.Int[0, 140].Select(Gen.Int[0, 3], (length, often) => often > 0 ? "" : new string(' ', length));

    private static readonly Gen<string> LongText = Gen.Select(Gen.OneOf("a", "\\\\", "\\\"", "é", "\\u00e9"), Gen.Int[40, 140])
        .Select((part, times) => $"\"{string.Concat(Enumerable.Repeat(part, times))}\"");

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Gen.OneOf("null", "true", "false"),
        Gen.OneOf("null", "true", "false", "0", "-0", "-1.5e+30", "123456789012345678901234567890", "\"\"", "\"\\u0000\\ud800\"", "\"\\\\\\\"\"", "\"é\""),
        LongText,
        Name.Select(name => JsonSerializer.Serialize(name)),
        Gen.Int.Select(i => $"{i}"),
        Gen.Int[1, 20].Select(digits => new string('7', digits)));

    private static readonly Gen<string> Json = Gen.Recursive<string>((depth, inner) => depth >= 5 ? Scalar : Gen.Frequency(
        (1, Scalar),
        (2, Gen.Select(Space, inner).Array[0, 4].Select(items => $"[{string.Join(",", items.Select(i => i.Item1 + i.Item2))}]")),
        (4, Members(inner))));

    public static readonly Gen<string> Valid = Gen.Select(Space, Filler, Members(Json)).Select((space, filler, json) => space + filler + json + space);

    private static JsonSerializerOptions Relaxed { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Lines with up to four bytes of them put in, taken out, changed, doubled, or all cut off from there, often where
    /// their structure or a literal is.
    /// </summary>
    public static Gen<byte[]> Edited { get; } = Gen.Select(
        Gen.OneOf(Valid, Json),
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 10_000], Gen.OneOf(Gen.Byte, Gen.OneOf(Encoding.UTF8.GetBytes(Marks)))).Array[0, 4])
        .Select((line, edits) => Edit(Encoding.UTF8.GetBytes(line), edits));

    public static Gen<byte[]> Random { get; } = Gen.OneOf(
        Gen.Byte.Array[1, 20],
        Gen.OneOf(Encoding.UTF8.GetBytes(Marks + "1rals")).Array[1, 12],
        Gen.OneOf(Encoding.UTF8.GetBytes("\\\\\"\"a ")).Array[50, 200],
        Gen.Select(Gen.Int[60, 68], Gen.Bool, Gen.Int[0, 2]).Select((depth, objects, inside) => Nested(depth, objects, inside)))
        .Where(bytes => !bytes.Contains((byte)'\n'));

    /// <summary>From few to as many tokens as bytes, whole blocks of them.</summary>
    public static Gen<byte[]> Dense { get; } = Gen.Select(Gen.Int[1, 8], Gen.Int[1, 300])
        .SelectMany((sparse, length) => Gen.Int[0, sparse].Select(i => i == 0 ? (byte)'[' : (byte)' ').Array[length]);

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
            else if (kind == 4 && Structure(bytes) is [_, ..] marks)
                bytes[marks[place % marks.Count]] = value;
            else if (kind == 5 && Structure(bytes) is [_, ..] doubled)
                bytes.Insert(doubled[place % doubled.Count], bytes[doubled[place % doubled.Count]]);
        }

        return [.. bytes.Where(b => b != '\n')];
    }

    private static List<int> Structure(List<byte> bytes) => [.. Enumerable.Range(0, bytes.Count).Where(i => Marks.Contains((char)bytes[i]))];

    private static byte[] Nested(int depth, bool objects, int inside) => Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Repeat(objects ? "{\"a\":" : "[", depth)) + (inside == 0 ? "" : "1") + string.Concat(Enumerable.Repeat(objects ? "}" : "]", depth)));

    private static Gen<string> Members(Gen<string> value) => Gen.Select(SpelledName, Space, value).Array[0, 6]
        .Select(members => $"{{{string.Join(",", members.Select(m => $"{m.Item2}{m.Item1}:{m.Item2}{m.Item3}"))}}}");
}
