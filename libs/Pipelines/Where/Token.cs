namespace Ingest.Pipelines.Where;

internal enum TokenKind
{
    End,
    Name,
    String,
    Number,
    Dot,
    Comma,
    OpenBracket,
    CloseBracket,
    OpenParenthesis,
    CloseParenthesis,
    Not,
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>A word of an expression: for a string its characters, for everything else its spelling.</summary>
/// <param name="Offset">Where it begins; for <see cref="TokenKind.End"/>, where the last token ends.</param>
internal readonly record struct Token(TokenKind Kind, int Offset, string Text)
{
    /// <summary>The operator of a comparison, or null for every other token.</summary>
    public ComparisonOperator? Comparison =>
        Kind is >= TokenKind.Equal and <= TokenKind.GreaterOrEqual
            ? ComparisonOperator.Equal + (Kind - TokenKind.Equal)
            : null;

    public bool IsWord(string word) =>
        Kind == TokenKind.Name && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>The token as messages name it.</summary>
    public override string ToString() => Kind switch
    {
        TokenKind.End => "nothing",
        TokenKind.String => QuotedText.Of(Text),
        _ => $"'{Text}'",
    };
}
