using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ingest.TestSupport;

namespace Ingest.UnitTests.Gateway;

/// <summary>What tests of other line framers cut, judged by our rules, where the file of them is at hand.</summary>
public class FramingCasesTests
{
    [Fact]
    public void Every_known_case_is_cut_as_the_rules_say()
    {
        using var cases = JsonDocument.Parse(File.ReadAllBytes(SharedFolder.FileOrSkip("cases/framing.json")));
        var different = new List<string>();
        var count = 0;
        foreach (var item in cases.RootElement.GetProperty("cases").EnumerateArray())
        {
            count++;
            var id = item.GetProperty("id").GetString();
            var limit = item.GetProperty("max_line_bytes");
            var definition = Definitions.RefusingAll(limit.ValueKind == JsonValueKind.Null ? null : limit.GetInt32());
            var pieces = Pieces(item);
            byte[] bytes = [.. pieces.SelectMany(p => p)];
            var expected = string.Join(' ', Expected(item.GetProperty("baseline_expected"), startsWithMark: bytes.AsSpan().StartsWith("\uFEFF"u8)));
            int[][] splits = [[.. pieces.Select(p => p.Length).Where(length => length > 0)], [int.MaxValue], [1]];
            foreach (var split in splits)
            {
                foreach (var source in new[] { Cutting.Live(definition), Cutting.Replayable(definition) })
                {
                    var cutting = Cutting.Of(source, bytes, split);
                    cutting.AssertTiles(bytes.Length, FramingOracle.Lines(bytes, definition.MaxLineBytes).LastLine);
                    var lines = string.Join(' ', cutting.Lines().Select(l => l.TooLong ? "too-long" : Sha256(Encoding.Latin1.GetBytes(l.Bytes))));
                    if (lines != expected)
                        different.Add($"{id} {item.GetProperty("note").GetString()}: {lines} instead of {expected}");
                }
            }
        }

        Assert.Empty(different);
        Assert.True(count >= 80);
    }

    private static List<byte[]> Pieces(JsonElement item)
    {
        var pieces = item.GetProperty("pieces");
        if (pieces.ValueKind == JsonValueKind.String)
            return [.. item.GetProperty("input_b64").GetBytesFromBase64().Select(b => new[] { b })];
        return [.. pieces.EnumerateArray().SelectMany(piece => Enumerable.Repeat(
            piece.GetProperty("b64").GetBytesFromBase64(), piece.TryGetProperty("times", out var times) ? times.GetInt32() : 1))];
    }

    // The cases know neither blank lines nor the byte order mark.
    private static IEnumerable<string> Expected(JsonElement lines, bool startsWithMark)
    {
        var first = true;
        foreach (var line in lines.EnumerateArray())
        {
            if (line.TryGetProperty("error", out var error))
            {
                yield return error.GetString()!;
            }
            else if (line.TryGetProperty("line_sha256", out var hash))
            {
                yield return hash.GetString()!;
            }
            else
            {
                var bytes = line.GetProperty("line_b64").GetBytesFromBase64();
                if (first && startsWithMark)
                    bytes = bytes[3..];
                if (bytes.AsSpan().IndexOfAnyExcept(" \t\r"u8) >= 0)
                    yield return Sha256(bytes);
            }

            first = false;
        }
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
