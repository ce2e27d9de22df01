using Ingest.TestSupport;

namespace Ingest.EndToEnd;

/// <summary>A file of lines to send.</summary>
internal sealed record Input(string File, long Bytes, long Lines)
{
    public static Input Open(string file)
    {
        using var stream = System.IO.File.OpenRead(file);
        var buffer = new byte[1024 * 1024];
        long lines = 0;
        for (int count; (count = stream.Read(buffer)) > 0;)
            lines += buffer.AsSpan(0, count).Count((byte)'\n');
        return new Input(Path.GetFullPath(file), stream.Length, lines);
    }

    public static async Task<Input> GenerateAsync(int lines)
    {
        var file = Path.Combine(TestRun.CreateFolder("input"), "comments.ndjson");
        await using (var target = System.IO.File.Create(file))
        {
            await using var comments = new CommentsGenerator(lines).OpenRead();
            await comments.CopyToAsync(target);
        }

        return new Input(file, new FileInfo(file).Length, lines);
    }
}
