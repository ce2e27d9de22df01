namespace Ingest.Pipelines.Where;

/// <summary>Says about a token that stands where an operator or the end is due what was probably meant.</summary>
internal static class OperatorHint
{
    public static SyntaxErrorException For(TokenReader tokens)
    {
        var token = tokens.Current;
        if (token.Comparison is not null || token is { Kind: TokenKind.Name, Text: "in" })
        {
            return tokens.Error(
                $"{token} needs a path or a literal on its left; negate a comparison with !(a == b), and join two with '&&'");
        }

        if (token.Kind == TokenKind.CloseParenthesis)
            return tokens.Error("this ')' closes nothing; remove it");
        if (token.Kind == TokenKind.Not)
            return tokens.Error("'!' stands before what it negates, as in !(lang in [\"en\"]); join two tests with '&&' or '||'");

        var hint = token.Kind == TokenKind.Name ? token.Text.ToUpperInvariant() : "";
        return hint switch
        {
            "AND" => tokens.Error($"{token} is not an operator here; did you mean '&&'?"),
            "OR" => tokens.Error($"{token} is not an operator here; did you mean '||'?"),
            "IN" => tokens.Error($"{token} is not an operator here; did you mean 'in'?"),
            "NOT" => tokens.Error($"{token} is not an operator here; did you mean '!', as in !(lang in [\"en\"])?"),
            "IS" or "ISNULL" or "NOTNULL" => tokens.Error($"{token} is not an operator here; did you mean '== null' or '!= null'?"),
            "BETWEEN" => tokens.Error($"{token} is not an operator here; write score >= 1 && score <= 9"),
            "LIKE" or "ILIKE" or "MATCHES" or "CONTAINS" => tokens.Error($"{token} is not supported yet; compare with '==' or 'in'"),
            _ => tokens.Unexpected("an operator such as '==' or '&&'"),
        };
    }
}
