using System.Globalization;
using System.Text;

namespace Ingest.Pipelines.Where;

/// <summary>A string in double or single quotes, with the escapes that CEL and JSON share.</summary>
internal static class StringLiteral
{
    /// <summary>Reads the string that begins at the position and moves the position behind it.</summary>
    public static string Read(string text, ref int position)
    {
        var start = position++;
        var result = new StringBuilder();
        while (true)
        {
            if (position == text.Length || text[position] is '\n' or '\r')
                throw new SyntaxErrorException(start, $"this string has no end; close it with {text[start]} on the same line");
            var c = text[position];
            if (c == text[start])
                break;
            result.Append(c == '\\' ? ReadEscape(text, ref position) : c);
            position++;
        }

        position++;
        var value = result.ToString();
        if (HasLoneSurrogate(value))
            throw new SyntaxErrorException(start, "this string holds half of a character (a lone surrogate), which no text contains; remove it");
        return value;
    }

    /// <summary>The character an escape stands for; the position is left on the escape's last character.</summary>
    private static char ReadEscape(string text, ref int position)
    {
        var start = position++;
        if (position == text.Length)
            throw new SyntaxErrorException(start, "this escape has no end; write \\\\ for a backslash");
        switch (text[position])
        {
            case '"' or '\'' or '\\' or '/':
                return text[position];
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'u' when position + 4 < text.Length
                && ushort.TryParse(text.AsSpan(position + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit):
                position += 4;
                return (char)unit;
            default:
                throw new SyntaxErrorException(
                    start, $"{StrangeCharacter.Show(text, position)} after a backslash is no escape; use \\\" \\' \\\\ \\/ \\n \\r \\t \\b \\f or \\uXXXX, and \\\\ for a backslash");
        }
    }

    private static bool HasLoneSurrogate(string value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (!char.IsSurrogate(value[i]))
                continue;
            if (i + 1 == value.Length || !char.IsSurrogatePair(value[i], value[i + 1]))
                return true;
            i++;
        }

        return false;
    }
}
