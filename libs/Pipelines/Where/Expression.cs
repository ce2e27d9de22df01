namespace Ingest.Pipelines.Where;

/// <summary>
/// A filter as parsed: a documented subset of CEL. <c>ToString</c> gives one spelling for one meaning, which
/// <see cref="WhereParser"/> reads back.
/// </summary>
public abstract record Expression;

public sealed record And(Expression Left, Expression Right) : Expression
{
    public override string ToString() => $"{Part(Left)} && {Part(Right)}";

    private static string Part(Expression part) => part is Or ? $"({part})" : part.ToString();
}

public sealed record Or(Expression Left, Expression Right) : Expression
{
    public override string ToString() => $"{Left} || {Right}";
}

public sealed record Not(Expression Operand) : Expression
{
    public override string ToString() => Operand switch
    {
        IsNull test => $"{test.Value} != null",
        Truth or Not { Operand: not IsNull } => $"!{Operand}",
        _ => $"!({Operand})",
    };
}

/// <summary>A value on its own: true when it is the boolean true.</summary>
public sealed record Truth(Operand Value) : Expression
{
    public override string ToString() => Value.ToString()!;
}

/// <summary>False when a side is missing or null or the sides are of different types, <c>!=</c> included.</summary>
public sealed record Comparison(Operand Left, ComparisonOperator Operator, Operand Right) : Expression
{
    public override string ToString() => $"{Left} {Symbol} {Right}";

    private string Symbol => Operator switch
    {
        ComparisonOperator.Equal => "==",
        ComparisonOperator.NotEqual => "!=",
        ComparisonOperator.Less => "<",
        ComparisonOperator.LessOrEqual => "<=",
        ComparisonOperator.Greater => ">",
        _ => ">=",
    };
}

/// <summary><c>x == null</c>: true when the value is missing or null.</summary>
public sealed record IsNull(Operand Value) : Expression
{
    public override string ToString() => $"{Value} == null";
}

/// <summary><c>x in [a, b]</c>: true when the value equals one of the literals.</summary>
public sealed record In(Operand Value, IReadOnlyList<Literal> Candidates) : Expression
{
    public override string ToString() => $"{Value} in [{string.Join(", ", Candidates)}]";
}

public enum ComparisonOperator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>A side of a comparison.</summary>
public abstract record Operand;

public sealed record PathOperand(JsonPath Path) : Operand
{
    public override string ToString() => Path.ToString();
}

/// <summary>A string (its characters), a number (its JSON spelling), true, false or null.</summary>
public sealed record Literal(JsonKind Kind, string Text) : Operand
{
    public override string ToString() => Kind switch
    {
        JsonKind.String => QuotedText.Of(Text),
        JsonKind.Number => Text,
        JsonKind.True => "true",
        JsonKind.False => "false",
        _ => "null",
    };
}
