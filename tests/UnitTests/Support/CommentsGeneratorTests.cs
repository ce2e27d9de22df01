using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Ingest.TestSupport;

namespace Ingest.UnitTests.Support;

public sealed class CommentsGeneratorTests
{
    [Fact]
    public void The_counts_are_those_of_the_lines()
    {
        var comments = new CommentsGenerator(3000, seed: 7);
        var parsed = Lines(comments.OpenRead()).Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList();

        Assert.Equal(3000, parsed.Count);
        Assert.Equal(3000, parsed.Select(comment => comment.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(comments.Passing, parsed.Count(comment =>
            comment.GetProperty("subreddit").GetString() is "elixir" or "erlang"
            && comment.GetProperty("author").GetString() != "[deleted]"));
        Assert.InRange(comments.Passing, 20, 80);
        Assert.Equal(0, comments.Flawed);
    }

    [Fact]
    public void Every_flaw_is_what_it_says()
    {
        var comments = new CommentsGenerator(5000, flawed: true);
        var lines = Lines(comments.OpenRead());
        Assert.Equal(10, comments.Flawed);
        for (var line = 0; line < lines.Count; line++)
        {
            var fails = comments.FlawOf(line) switch
            {
                Flaw.Truncated => !IsJson(lines[line]),
                Flaw.MissingId => !Object(lines[line]).TryGetProperty("id", out _),
                Flaw.NotAnObject => Object(lines[line]).ValueKind is JsonValueKind.Array,
                Flaw.InvalidUtf8 => !Utf8.IsValid(lines[line]),
                Flaw.InvalidTime => Object(lines[line]).GetProperty("created_utc").ValueKind is JsonValueKind.String,
                _ => !IsJson(lines[line]),
            };
            Assert.Equal(comments.FlawOf(line) is not Flaw.None, fails);
        }
    }

    [Fact]
    public void A_stream_read_in_odd_pieces_is_the_same()
    {
        var comments = new CommentsGenerator(50, seed: 3);
        using var whole = new MemoryStream();
        comments.OpenRead().CopyTo(whole);

        using var pieces = new MemoryStream();
        using var stream = comments.OpenRead();
        var buffer = new byte[333];
        while (stream.Read(buffer, 0, buffer.Length) is var read and > 0)
            pieces.Write(buffer, 0, read);
        Assert.Equal(whole.ToArray(), pieces.ToArray());
    }

    [Fact]
    public void The_sample_is_what_samples_comments_cs_makes()
    {
        using var sample = new GZipStream(File.OpenRead(Repository.File("samples/comments.ndjson.gz")), CompressionMode.Decompress);
        using var comments = new CommentsGenerator(lines: 5000, seed: 1, flawed: true).OpenRead();
        Assert.Equal(Lines(comments), Lines(sample));
    }

    private static List<byte[]> Lines(Stream stream)
    {
        // Latin-1 keeps every byte as it is, also those that are not UTF-8.
        using var reader = new StreamReader(stream, Encoding.Latin1, detectEncodingFromByteOrderMarks: false);
        return [.. reader.ReadToEnd().TrimEnd('\n').Split('\n').Select(Encoding.Latin1.GetBytes)];
    }

    private static JsonElement Object(byte[] line) => JsonSerializer.Deserialize<JsonElement>(line);

    private static bool IsJson(byte[] line)
    {
        try
        {
            return Object(line).ValueKind is JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
