using System.Buffers;

namespace Ingest.Pipelines.Values;

internal static class AsciiText
{
    /// <summary>The white space that PostgreSQL's input functions skip: C's <c>isspace</c>.</summary>
    public static readonly SearchValues<byte> Space = SearchValues.Create(" \t\n\v\f\r"u8);

    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        if (text.Length > 0 && text[0] > ' ' && text[^1] > ' ')
            return text;
        var start = text.IndexOfAnyExcept(Space);
        return start < 0 ? [] : text[start..(text.LastIndexOfAnyExcept(Space) + 1)];
    }

    public static bool IsDigit(byte value) => (uint)(value - '0') <= 9;

    public static bool IsAllDigits(ReadOnlySpan<byte> text) =>
        text.Length > 0 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
