using System.Text;
using System.Text.Json;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Inputs;

/// <summary>A file of comments, or its first lines, and what is known of them from a reading of its own.</summary>
/// <param name="Rows">Different ids among the lines.</param>
/// <param name="Kept">Different ids among the lines that the filter keeps: <c>subreddit == "elixir" &amp;&amp; author != "[deleted]"</c>.</param>
internal sealed record Input(string File, long Bytes, long Lines, long Rows, long Kept)
{
    public static async Task<Input> GenerateAsync(int lines)
    {
        var file = Path.Combine(TestRun.CreateFolder("input"), "comments.ndjson");
        await using (var target = System.IO.File.Create(file))
        {
            await using var comments = new CommentsGenerator(lines).OpenRead();
            await comments.CopyToAsync(target);
        }

        return Open(file);
    }

    public static Input Open(string file) => Read(Path.GetFullPath(file), long.MaxValue);

    /// <summary>What is known of the first lines.</summary>
    public Input Take(long lines) => lines >= Lines ? this : Read(File, lines);

    private static Input Read(string file, long most)
    {
        var (bytes, lines, kept, ids) = (0L, 0L, new HashSet<string>(), new HashSet<string>());
        foreach (var line in System.IO.File.ReadLines(file))
        {
            if (lines == most)
                break;
            lines++;
            bytes += Encoding.UTF8.GetByteCount(line) + 1;
            using var comment = JsonDocument.Parse(line);
            var id = comment.RootElement.GetProperty("id").GetString()!;
            ids.Add(id);
            if (comment.RootElement.GetProperty("subreddit").GetString() == "elixir" && comment.RootElement.GetProperty("author").GetString() != "[deleted]")
                kept.Add(id);
        }

        return new Input(file, bytes, lines, ids.Count, kept.Count);
    }
}
