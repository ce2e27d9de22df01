namespace Ingest.EndToEnd.Inputs;

/// <summary>
/// An amount of lines made of a file: its first ones, or all of them again and again. It ends with a whole line.
/// </summary>
internal static class Feed
{
    private const int BlockBytes = 1024 * 1024;

    /// <summary>Lines in the first bytes of the file repeated without end, up to the last line end among them.</summary>
    public static (long Bytes, long Lines) Measure(string file, long bytes)
    {
        var (offset, end, lines, inEnd) = (0L, 0L, 0L, 0L);
        foreach (var block in Read(file, bytes))
        {
            var breaks = block.Span.Count((byte)'\n');
            inEnd += breaks;
            if (breaks > 0)
                (end, lines) = (offset + block.Span.LastIndexOf((byte)'\n') + 1, inEnd);
            offset += block.Length;
        }

        return (end, lines);
    }

    /// <summary>Blocks of the file repeated without end; each is good until the next is asked for.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(string file, long bytes)
    {
        var buffer = new byte[BlockBytes];
        while (bytes > 0)
        {
            using var source = File.OpenHandle(file, options: FileOptions.SequentialScan);
            var length = RandomAccess.GetLength(source);
            for (long offset = 0; offset < length && bytes > 0;)
            {
                var count = RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes)), offset);
                offset += count;
                bytes -= count;
                yield return buffer.AsMemory(0, count);
            }
        }
    }
}
