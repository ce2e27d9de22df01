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

    /// <exception cref="ArgumentException">A line is not a comment.</exception>
    public static Input Open(string file)
    {
        var (lines, ids, kept) = (0L, new HashSet<string>(), new HashSet<string>());
        foreach (var line in System.IO.File.ReadLines(file))
        {
            lines++;
            try
            {
                using var comment = JsonDocument.Parse(line);
                var id = comment.RootElement.GetProperty("id").GetString()!;
                ids.Add(id);
                if (comment.RootElement.GetProperty("subreddit").GetString() == "elixir" && comment.RootElement.GetProperty("author").GetString() != "[deleted]")
                    kept.Add(id);
            }
            catch (Exception other) when (other is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new ArgumentException($"{file} is not a file of comments: line {lines}: {other.Message}", other);
            }
        }

        return new Input(Path.GetFullPath(file), new FileInfo(file).Length, lines, ids.Count, kept.Count);
    }

    /// <summary>The first lines as a file of their own.</summary>
    public async Task<Input> TakeAsync(long lines)
    {
        if (lines >= Lines)
            return this;
        var file = Path.Combine(TestRun.CreateFolder("input"), "slice.ndjson");
        await System.IO.File.WriteAllLinesAsync(file, System.IO.File.ReadLines(File).Take((int)lines));
        return Open(file);
    }
}
