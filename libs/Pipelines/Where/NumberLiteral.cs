using System.Text.RegularExpressions;

namespace Ingest.Pipelines.Where;

/// <summary>A number in JSON's spelling (RFC 8259, section 6).</summary>
internal static partial class NumberLiteral
{
    /// <summary>Reads the number that begins at the position and moves the position behind it.</summary>
    public static string Read(string text, ref int position)
    {
        var start = position;
        position++;
        while (position < text.Length && IsPart(text, position))
            position++;

        var word = text[start..position];
        if (IsValid(word))
            return word;
        throw new SyntaxErrorException(
            start, $"'{word}' is not a number as JSON spells it, such as 7, -0.5 or 1e6; a name that begins with a digit is written [\"7days\"]");
    }

    public static bool IsValid(string word) => Spelling.IsMatch(word);

    private static bool IsPart(string text, int i) =>
        Lexer.IsNamePart(text[i]) || text[i] == '.' || (text[i] is '+' or '-' && text[i - 1] is 'e' or 'E');

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\z")]
    private static partial Regex Spelling { get; }
}
