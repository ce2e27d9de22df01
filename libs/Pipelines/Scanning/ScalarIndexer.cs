namespace Ingest.Pipelines.Scanning;

/// <summary>Indexes a line byte by byte; the twin of <see cref="VectorIndexer{TBlock}"/> for other processors.</summary>
internal static class ScalarIndexer
{
    /// <param name="text">Begins with the line and holds its LF.</param>
    public static void Index(ReadOnlySpan<byte> text, LineIndex index)
    {
        index.Count = 0;
        index.IsAscii = index.IsSound = true;
        index.HasBackslash = false;
        bool inString = false, escaped = false, afterScalar = false;
        for (var at = 0; ; at++)
        {
            if (at % 64 == 0)
            {
                index.Grow(index.Count, at / 64);
                index.Backslashes[at / 64] = 0;
            }

            var b = text[at];
            if (b == '\n')
            {
                index.IsSound &= !inString;
                index.Seal(at);
                return;
            }

            index.IsAscii &= b < 0x80;
            if (escaped)
                index.IsSound &= Escapes.IsValid(text, at);
            var quote = b == '"' && !escaped;
            var gap = b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)',' or (byte)':';
            var bracket = b is (byte)'{' or (byte)'}' or (byte)'[' or (byte)']';
            index.IsSound &= b >= 0x20 || (gap && !inString);
            if (!inString && !gap && (bracket || !afterScalar))
                index.Tokens[index.Count++] = at;

            afterScalar = !gap && !bracket && !quote;
            inString ^= quote;
            if (b == '\\')
            {
                index.HasBackslash = true;
                index.Backslashes[at / 64] |= 1UL << at;
            }

            escaped = b == '\\' && !escaped;
        }
    }
}
