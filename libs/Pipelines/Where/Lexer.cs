namespace Ingest.Pipelines.Where;

/// <summary>Cuts an expression into tokens, one at a time, so that the first mistake is the one that is reported.</summary>
internal sealed class Lexer(string text)
{
    // Longer spellings first. Spellings from SQL and other languages are here to get a hint.
    private static readonly (string Spelling, TokenKind Kind, string? Meant)[] Symbols =
    [
        ("===", default, "=="), ("!==", default, "!="),
        ("==", TokenKind.Equal, null), ("!=", TokenKind.NotEqual, null),
        ("<=", TokenKind.LessOrEqual, null), (">=", TokenKind.GreaterOrEqual, null),
        ("&&", TokenKind.And, null), ("||", TokenKind.Or, null),
        ("<>", default, "!="), ("=<", default, "<="), ("=>", default, ">="),
        ("=", default, "=="), ("&", default, "&&"), ("|", default, "||"),
        ("<", TokenKind.Less, null), (">", TokenKind.Greater, null), ("!", TokenKind.Not, null),
        (".", TokenKind.Dot, null), (",", TokenKind.Comma, null),
        ("[", TokenKind.OpenBracket, null), ("]", TokenKind.CloseBracket, null),
        ("(", TokenKind.OpenParenthesis, null), (")", TokenKind.CloseParenthesis, null),
    ];

    private int _position;
    private int _lastEnd;

    public Token Next()
    {
        while (_position < text.Length && text[_position] is ' ' or '\t' or '\n' or '\r')
            _position++;
        if (_position == text.Length)
            return new Token(TokenKind.End, _lastEnd, "");

        var token = ReadToken();
        _lastEnd = _position;
        return token;
    }

    private Token ReadToken()
    {
        var start = _position;
        var first = text[start];
        if (first is '"' or '\'')
            return new Token(TokenKind.String, start, StringLiteral.Read(text, ref _position));
        if (IsNameStart(first))
        {
            while (_position < text.Length && IsNamePart(text[_position]))
                _position++;
            return new Token(TokenKind.Name, start, text[start.._position]);
        }

        if (char.IsAsciiDigit(first) || (first == '-' && StartsNumber(start)))
            return new Token(TokenKind.Number, start, NumberLiteral.Read(text, ref _position));

        foreach (var (spelling, kind, meant) in Symbols)
        {
            if (string.CompareOrdinal(text, start, spelling, 0, spelling.Length) != 0)
                continue;
            if (meant is not null)
                throw new SyntaxErrorException(start, $"'{spelling}' is not an operator here; did you mean '{meant}'?");
            _position += spelling.Length;
            return new Token(kind, start, spelling);
        }

        throw StrangeCharacter.At(text, start);
    }

    /// <summary>A minus sign belongs to a number unless it touches a name, as in <c>user-1</c>.</summary>
    private bool StartsNumber(int minus) =>
        minus + 1 < text.Length && char.IsAsciiDigit(text[minus + 1]) && (minus == 0 || !IsNamePart(text[minus - 1]));

    internal static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    internal static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
