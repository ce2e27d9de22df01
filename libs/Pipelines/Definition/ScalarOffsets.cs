using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ingest.Pipelines.Definition;

/// <summary>
/// Finds the place in the file of a character of a scalar's value, across quotes, escapes, folded lines and
/// indentation.
/// </summary>
internal static class ScalarOffsets
{
    /// <summary>The position of the value's character, or of its end; the scalar's own start when the two do not match.</summary>
    public static (int Line, int Column) PositionOf(SourceText source, YamlScalarNode scalar, int offset)
    {
        var start = (int)scalar.Start.Index;
        return source.PositionAt(Find(source.Text, start, scalar.Value ?? "", scalar.Style, offset) ?? start);
    }

    /// <summary>
    /// Walks the value and the file side by side. Whatever the style, both hold the same characters but for white
    /// space and escapes, so white space is matched loosely and escapes are stepped over as one.
    /// </summary>
    private static int? Find(string text, int start, string value, ScalarStyle style, int offset)
    {
        var position = start;
        if (style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted)
            position++;
        else if (style is ScalarStyle.Literal or ScalarStyle.Folded)
            position = SkipHeader(text, start);

        for (var k = 0; k < value.Length; k++)
        {
            var escaped = style == ScalarStyle.DoubleQuoted && SkipJoins(text, ref position);
            var white = IsWhite(value[k]);
            if (!escaped && !white)
            {
                while (position < text.Length && IsWhite(text[position]))
                    position++;
                escaped = style == ScalarStyle.DoubleQuoted && SkipJoins(text, ref position);
            }

            if (position >= text.Length)
                return null;
            if (k == offset)
                return position;
            if (escaped)
                k += StepOverEscape(text, ref position) - 1;
            else if (text[position] == value[k])
                position += style == ScalarStyle.SingleQuoted && value[k] == '\'' ? 2 : 1;
            else if (!white)
                return null;
        }

        return Math.Min(position, text.Length);
    }

    private static int SkipHeader(string text, int start)
    {
        var end = text.AsSpan(start).IndexOfAny('\n', '\r');
        return end < 0 ? text.Length : start + end + 1;
    }

    /// <summary>Steps over escaped line breaks; true when another escape follows.</summary>
    private static bool SkipJoins(string text, ref int position)
    {
        while (position + 1 < text.Length && text[position] == '\\' && SourceText.IsBreak(text[position + 1]))
        {
            position++;
            while (position < text.Length && IsWhite(text[position]))
                position++;
        }

        return position < text.Length && text[position] == '\\';
    }

    /// <summary>Returns how many UTF-16 characters the escape stands for.</summary>
    private static int StepOverEscape(string text, ref int position)
    {
        var kind = position + 1 < text.Length ? text[position + 1] : '\0';
        var digits = kind switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        var above = kind == 'U' && position + 10 <= text.Length && text.AsSpan(position + 2, 8).TrimStart('0').Length > 4;
        position += 2 + digits;
        return above ? 2 : 1;
    }

    private static bool IsWhite(char c) => c is ' ' or '\t' || SourceText.IsBreak(c);
}
