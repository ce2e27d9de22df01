using System.Buffers;

namespace Ingest.Pipelines.Values;

/// <summary>Finds where the tokens of valid JSON end.</summary>
internal static class JsonTokens
{
    private static readonly SearchValues<byte> NumberBytes = SearchValues.Create("+-.0123456789Ee"u8);

    /// <summary>The string whose opening quote is at <paramref name="at"/>, without its quotes; then <paramref name="at"/> is behind it.</summary>
    public static ReadOnlySpan<byte> TakeString(ReadOnlySpan<byte> json, ref int at, out bool escaped)
    {
        var start = ++at;
        escaped = false;
        while (true)
        {
            at += json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (json[at] == '"')
                return json[start..at++];
            escaped = true;
            at += 2;
        }
    }

    /// <summary>The number that begins at <paramref name="at"/>; then <paramref name="at"/> is behind it.</summary>
    public static ReadOnlySpan<byte> TakeNumber(ReadOnlySpan<byte> json, ref int at)
    {
        var length = json[at..].IndexOfAnyExcept(NumberBytes);
        var number = length < 0 ? json[at..] : json.Slice(at, length);
        at += number.Length;
        return number;
    }
}
