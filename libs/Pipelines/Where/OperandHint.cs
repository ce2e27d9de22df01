namespace Ingest.Pipelines.Where;

/// <summary>Catches what looks like a path and was meant otherwise: functions, <c>not</c>, <c>NULL</c>.</summary>
internal static class OperandHint
{
    /// <param name="first">The path's first token.</param>
    /// <param name="path">The path as read.</param>
    /// <param name="next">The token after the path.</param>
    public static void Check(Token first, JsonPath path, Token next)
    {
        var single = first.Kind == TokenKind.Name && path.Steps.Count == 1;
        if (single && first.IsWord("not") && next.Kind is TokenKind.Name or TokenKind.OpenParenthesis or TokenKind.OpenBracket
            && !next.IsWord("in") && !next.IsWord("and") && !next.IsWord("or"))
        {
            throw new SyntaxErrorException(first.Offset, $"{first} is not an operator here; did you mean '!'?");
        }

        if (next.Kind == TokenKind.OpenParenthesis)
            throw new SyntaxErrorException(first.Offset, $"the function '{path.Steps[^1].Name}' is not supported yet; use paths, comparisons and 'in'");

        if (single && JsonPath.IsReserved(first.Text))
        {
            throw new SyntaxErrorException(
                first.Offset,
                $"did you mean '{first.Text.ToLowerInvariant()}', or, for a member of that name, [{QuotedText.Of(first.Text)}]?");
        }
    }
}
