namespace Ingest.Pipelines.Where;

/// <summary>The tokens of one text, with one token of sight.</summary>
internal sealed class TokenReader
{
    private readonly Lexer _lexer;

    public TokenReader(string text)
    {
        _lexer = new Lexer(text);
        Current = _lexer.Next();
    }

    public Token Current { get; private set; }

    /// <summary>Moves on and returns the token left behind.</summary>
    public Token Take()
    {
        var taken = Current;
        Current = _lexer.Next();
        return taken;
    }

    public bool TryTake(TokenKind kind)
    {
        if (Current.Kind != kind)
            return false;
        Take();
        return true;
    }

    public void Expect(TokenKind kind, string name)
    {
        if (!TryTake(kind))
            throw Unexpected(name);
    }

    /// <summary>An error at the current token, which is not what the grammar needs here.</summary>
    public SyntaxErrorException Unexpected(string expected) => Error($"expected {expected}, but found {Current}");

    public SyntaxErrorException Error(string message) => new(Current.Offset, message);
}
