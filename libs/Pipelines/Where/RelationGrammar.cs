namespace Ingest.Pipelines.Where;

/// <summary>A comparison, a test against a list, or a path on its own.</summary>
internal static class RelationGrammar
{
    public static Expression Read(TokenReader tokens)
    {
        var start = tokens.Current.Offset;
        var left = ReadOperand(tokens);
        return Follows(tokens) ? ReadRest(tokens, left, start) : Test(left, start);
    }

    /// <summary>A path on its own, whatever follows.</summary>
    public static Truth ReadTruth(TokenReader tokens)
    {
        var start = tokens.Current.Offset;
        return Test(ReadOperand(tokens), start);
    }

    /// <summary>True when the current token makes the operand before it a side of a relation.</summary>
    public static bool Follows(TokenReader tokens) => tokens.Current.Comparison is not null || IsIn(tokens.Current);

    /// <summary>Reads the operator and what is right of it.</summary>
    public static Expression ReadRest(TokenReader tokens, Operand left, int start)
    {
        var symbol = tokens.Take();
        if (symbol.Comparison is not { } comparison)
            return ReadIn(tokens, left, start);

        var right = ReadOperand(tokens);
        return (left, right) switch
        {
            (Literal, Literal) => throw new SyntaxErrorException(
                start, $"{left} {symbol.Text} {right} compares two literals; one side must be a path"),
            (Literal literal, _) => Compare(right, TurnAround(comparison), literal, symbol),
            (_, Literal literal) => Compare(left, comparison, literal, symbol),
            _ => new Comparison(left, comparison, right),
        };
    }

    private static Truth Test(Operand operand, int start) => operand is Literal
        ? throw new SyntaxErrorException(start, $"{operand} alone tests nothing; compare it with a path")
        : new Truth(operand);

    private static Expression Compare(Operand path, ComparisonOperator comparison, Literal literal, Token symbol)
    {
        var ordered = comparison is not (ComparisonOperator.Equal or ComparisonOperator.NotEqual);
        if (ordered && literal.Kind is JsonKind.Null or JsonKind.True or JsonKind.False)
            throw new SyntaxErrorException(symbol.Offset, $"{literal} has no order; compare it with '==' or '!='");
        if (literal.Kind != JsonKind.Null)
            return new Comparison(path, comparison, literal);
        return comparison == ComparisonOperator.Equal ? new IsNull(path) : new Not(new IsNull(path));
    }

    private static In ReadIn(TokenReader tokens, Operand value, int start)
    {
        if (value is Literal)
            throw new SyntaxErrorException(start, "a literal on the left of 'in' is not supported yet; write a path there, as in lang in [\"en\", \"de\"]");
        if (tokens.Current.Kind == TokenKind.OpenParenthesis)
            throw tokens.Error("a list is written in square brackets, as in lang in [\"en\", \"de\"]");
        if (tokens.Current.Kind == TokenKind.Name)
            throw tokens.Error("a path on the right of 'in' is not supported yet; write a list of literals, as in lang in [\"en\", \"de\"]");

        tokens.Expect(TokenKind.OpenBracket, "a list such as [\"en\", \"de\"] after 'in'");
        var candidates = new List<Literal>();
        do
        {
            var offset = tokens.Current.Offset;
            if (TryReadLiteral(tokens) is not { } candidate)
                throw tokens.Unexpected("a string, a number, true or false");
            if (candidate.Kind == JsonKind.Null)
                throw new SyntaxErrorException(offset, $"null cannot be in a list; write {value} == null || {value} in [...]");
            candidates.Add(candidate);
        }
        while (tokens.TryTake(TokenKind.Comma));

        tokens.Expect(TokenKind.CloseBracket, "',' or ']'");
        return new In(value, candidates);
    }

    private static Operand ReadOperand(TokenReader tokens)
    {
        if (TryReadLiteral(tokens) is { } literal)
            return literal;
        if (tokens.Current.Kind is not (TokenKind.Name or TokenKind.OpenBracket))
            throw tokens.Unexpected("a path or a literal");
        if (IsIn(tokens.Current))
            throw tokens.Error("'in' needs a path on its left; a member called 'in' is written [\"in\"]");

        var first = tokens.Current;
        var path = PathGrammar.Read(tokens);
        OperandHint.Check(first, path, tokens.Current);
        return new PathOperand(path);
    }

    private static Literal? TryReadLiteral(TokenReader tokens)
    {
        var token = tokens.Current;
        Literal? literal = token.Kind switch
        {
            TokenKind.String => new Literal(JsonKind.String, token.Text),
            TokenKind.Number => new Literal(JsonKind.Number, token.Text),
            TokenKind.Name when token.Text == "true" => new Literal(JsonKind.True, ""),
            TokenKind.Name when token.Text == "false" => new Literal(JsonKind.False, ""),
            TokenKind.Name when token.Text == "null" => new Literal(JsonKind.Null, ""),
            _ => null,
        };
        if (literal is not null)
            tokens.Take();
        return literal;
    }

    private static bool IsIn(Token token) => token is { Kind: TokenKind.Name, Text: "in" };

    private static ComparisonOperator TurnAround(ComparisonOperator comparison) => comparison switch
    {
        ComparisonOperator.Less => ComparisonOperator.Greater,
        ComparisonOperator.LessOrEqual => ComparisonOperator.GreaterOrEqual,
        ComparisonOperator.Greater => ComparisonOperator.Less,
        ComparisonOperator.GreaterOrEqual => ComparisonOperator.LessOrEqual,
        _ => comparison,
    };
}
