namespace Ingest.Pipelines.Where;

/// <summary>Recursive descent over the logical operators; <see cref="RelationGrammar"/> reads what they join.</summary>
internal sealed class WhereGrammar(TokenReader tokens)
{
    private int _depth;

    public Expression ReadAll()
    {
        var expression = ReadOr();
        if (tokens.Current.Kind != TokenKind.End)
            throw OperatorHint.For(tokens);
        return expression;
    }

    private Expression ReadOr()
    {
        var operands = new List<Expression> { ReadAnd() };
        while (tokens.TryTake(TokenKind.Or))
            operands.Add(ReadAnd());
        return Join(operands, 0, operands.Count, (left, right) => new Or(left, right));
    }

    private Expression ReadAnd()
    {
        var operands = new List<Expression> { ReadNot() };
        while (tokens.TryTake(TokenKind.And))
            operands.Add(ReadNot());
        return Join(operands, 0, operands.Count, (left, right) => new And(left, right));
    }

    /// <summary><c>!</c> binds tighter than a comparison, so <c>!a == b</c> is a mistake, as in CEL.</summary>
    private Expression ReadNot()
    {
        if (tokens.Current.Kind != TokenKind.Not)
            return ReadRelation();

        Enter();
        Expression operand = tokens.Current.Kind switch
        {
            TokenKind.Not => ReadNot(),
            TokenKind.OpenParenthesis => ReadParentheses(),
            _ => RelationGrammar.ReadTruth(tokens),
        };
        _depth--;
        return new Not(operand);
    }

    private Expression ReadRelation()
    {
        if (tokens.Current.Kind != TokenKind.OpenParenthesis)
            return RelationGrammar.Read(tokens);

        // A path in parentheses is still a path: (a) == 1.
        var expression = ReadParentheses();
        return expression is Truth path && RelationGrammar.Follows(tokens)
            ? RelationGrammar.ReadRest(tokens, path.Value, tokens.Current.Offset)
            : expression;
    }

    private Expression ReadParentheses()
    {
        var offset = tokens.Current.Offset;
        Enter();
        var expression = ReadOr();
        _depth--;
        if (tokens.Current.Kind == TokenKind.End)
            throw new SyntaxErrorException(offset, "this '(' is not closed; add ')'");
        if (tokens.Current.Kind != TokenKind.CloseParenthesis)
            throw OperatorHint.For(tokens);
        tokens.Take();
        return expression;
    }

    private void Enter()
    {
        if (++_depth > WhereParser.DeepestNesting)
            throw tokens.Error($"this expression is nested deeper than {WhereParser.DeepestNesting}; write it flatter");
        tokens.Take();
    }

    private static Expression Join(List<Expression> operands, int start, int count, Func<Expression, Expression, Expression> join)
    {
        if (count == 1)
            return operands[start];
        var half = count / 2;
        return join(Join(operands, start, count - half, join), Join(operands, start + count - half, half, join));
    }
}
