using System.Text;
using Ingest.Messaging;

namespace Ingest.Pipelines.Values;

/// <summary>The sentences that say why a value is refused.</summary>
internal static class Refusal
{
    private const int MaxQuotedChars = 100;

    public static string Describe(in JsonValue value, Fault fault, string noun, ColumnType type) => fault switch
    {
        Fault.Range => $"{Quote(value)} is out of range for {type.SqlName()}",
        Fault.NoUnit => $"{Quote(value)} is a number, and the column has no unit",
        _ => $"{Quote(value)} is not {noun}",
    };

    public static string Quote(in JsonValue value) => value.Kind switch
    {
        JsonKind.True => "true",
        JsonKind.False => "false",
        JsonKind.Object => "an object",
        JsonKind.Array => "an array",
        JsonKind.String => $"\"{Cut(Unescaped(value))}\"",
        _ => Cut(value.Raw),
    };

    /// <summary>The text's first characters, without control characters, which a terminal would obey.</summary>
    public static string Cut(ReadOnlySpan<byte> utf8)
    {
        // A character takes at most four bytes; what a cut tears apart lies behind the characters kept.
        var text = new StringBuilder(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 4 * (MaxQuotedChars + 1))]));
        if (text.Length > MaxQuotedChars)
        {
            text.Length = char.IsHighSurrogate(text[MaxQuotedChars - 2]) ? MaxQuotedChars - 2 : MaxQuotedChars - 1;
            text.Append('…');
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
                text[i] = '\uFFFD';
        }

        return text.ToString();
    }

    private static ReadOnlySpan<byte> Unescaped(in JsonValue value)
    {
        if (!value.Escaped)
            return value.Raw;
        var repaired = 0;
        var buffer = new byte[value.Raw.Length];
        return buffer.AsSpan(0, JsonText.Unescape(value.Raw, buffer, ref repaired));
    }
}
