using Ingest.Pipelines.Scanning;

namespace Ingest.Pipelines.Compiled;

/// <summary>A compiled filter. Stateless: one may serve many threads.</summary>
internal abstract class Predicate
{
    public abstract bool Test(in LineValues line);
}

internal sealed class AndPredicate(Predicate left, Predicate right) : Predicate
{
    public override bool Test(in LineValues line) => left.Test(line) && right.Test(line);
}

internal sealed class OrPredicate(Predicate left, Predicate right) : Predicate
{
    public override bool Test(in LineValues line) => left.Test(line) || right.Test(line);
}

internal sealed class NotPredicate(Predicate operand) : Predicate
{
    public override bool Test(in LineValues line) => !operand.Test(line);
}

internal sealed class ConstantPredicate(bool value) : Predicate
{
    public override bool Test(in LineValues line) => value;
}

internal sealed class TruthPredicate(int slot) : Predicate
{
    public override bool Test(in LineValues line) => line.KindOf(slot) == JsonKind.True;
}

internal sealed class IsNullPredicate(int slot) : Predicate
{
    public override bool Test(in LineValues line) => line.KindOf(slot) <= JsonKind.Null;
}

/// <summary>A value against a literal.</summary>
internal sealed class LiteralPredicate(int slot, Where.ComparisonOperator comparison, Comparand literal) : Predicate
{
    public override bool Test(in LineValues line) => literal.Compare(line[slot]) is { } order && comparison.Accepts(order);
}

internal sealed class InPredicate(int slot, Comparand[] candidates) : Predicate
{
    public override bool Test(in LineValues line)
    {
        var value = line[slot];
        foreach (var candidate in candidates)
        {
            if (candidate.Equals(value))
                return true;
        }

        return false;
    }
}

/// <summary>Two values of the line against one another.</summary>
internal sealed class PathsPredicate(int left, Where.ComparisonOperator comparison, int right) : Predicate
{
    public override bool Test(in LineValues line) =>
        Comparand.Of(line[right])?.Compare(line[left]) is { } order && comparison.Accepts(order);
}

internal static class ComparisonOperators
{
    /// <summary>
    /// Whether an order (negative, zero, positive) satisfies the operator. Values without an order, such as true and
    /// false, are equal or <see cref="Comparand.Unordered"/>.
    /// </summary>
    public static bool Accepts(this Where.ComparisonOperator comparison, int order) => comparison switch
    {
        Where.ComparisonOperator.Equal => order == 0,
        Where.ComparisonOperator.NotEqual => order != 0,
        _ when order == Comparand.Unordered => false,
        Where.ComparisonOperator.Less => order < 0,
        Where.ComparisonOperator.LessOrEqual => order <= 0,
        Where.ComparisonOperator.Greater => order > 0,
        _ => order >= 0,
    };
}
