using System.Globalization;

namespace Ingest.Pipelines.Where;

/// <summary>Says about a character that begins no token what was probably meant.</summary>
internal static class StrangeCharacter
{
    public static SyntaxErrorException At(string text, int offset)
    {
        var (start, end) = WordAround(text, offset);
        var message = text[offset] switch
        {
            _ when IsWordPart(text[offset]) && text[start..end].Any(char.IsLetter) =>
                $"a name with other characters than letters, digits and '_' is written in brackets and quotes: [{QuotedText.Of(text[start..end])}]",
            '+' or '-' or '*' or '/' or '%' => $"arithmetic ('{text[offset]}') is not supported yet; compare a member with a literal",
            '?' or ':' => "the conditional operator '?:' is not supported yet; use '&&' and '||'",
            '\u2018' or '\u2019' or '\u201C' or '\u201D' => "this is a typographic quote; write strings in straight quotes, \" or '",
            _ => $"unexpected character {Show(text, offset)} here; remove it, or put it into a string",
        };
        return new SyntaxErrorException(offset, message);
    }

    /// <summary>The character for a message; one that cannot be seen by its number.</summary>
    public static string Show(string text, int offset)
    {
        if (char.IsSurrogate(text[offset]) || char.IsControl(text[offset]) || char.IsWhiteSpace(text[offset]))
            return string.Create(CultureInfo.InvariantCulture, $"U+{(int)text[offset]:X4}");
        return $"'{text[offset]}'";
    }

    private static (int Start, int End) WordAround(string text, int offset)
    {
        var (start, end) = (offset, offset);
        while (start > 0 && IsWordPart(text[start - 1]))
            start--;
        while (end < text.Length && IsWordPart(text[end]))
            end++;
        return (start, end);
    }

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '-' or '@' or '$' or '#';
}
