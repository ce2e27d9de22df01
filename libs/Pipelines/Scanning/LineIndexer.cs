namespace Ingest.Pipelines.Scanning;

/// <summary>Indexes lines in the way that suits this processor best.</summary>
internal static class LineIndexer
{
    /// <param name="text">Begins with the line and holds its LF.</param>
    public static void Index(ReadOnlySpan<byte> text, LineIndex index)
    {
        if (Block512.IsSupported)
            VectorIndexer<Block512>.Index(text, index);
        else if (Block256.IsSupported)
            VectorIndexer<Block256>.Index(text, index);
        else
            ScalarIndexer.Index(text, index);
    }
}
