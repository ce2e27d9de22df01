using Ingest.Pipelines.Scanning;
using Ingest.Pipelines.Where;

namespace Ingest.Pipelines.Compiled;

/// <summary>Makes a filter's expression ready to run, with a slot for each path that it mentions.</summary>
internal static class FilterCompiler
{
    public static Predicate Compile(Expression? where, PathTree paths) => where switch
    {
        null => new ConstantPredicate(true),
        And and => new AndPredicate(Compile(and.Left, paths), Compile(and.Right, paths)),
        Or or => new OrPredicate(Compile(or.Left, paths), Compile(or.Right, paths)),
        Not not => new NotPredicate(Compile(not.Operand, paths)),
        Truth { Value: PathOperand path } => new TruthPredicate(paths.Slot(path.Path)),
        Truth { Value: Literal literal } => new ConstantPredicate(literal.Kind == JsonKind.True),
        IsNull { Value: PathOperand path } => new IsNullPredicate(paths.Slot(path.Path)),
        In { Value: PathOperand path } membership =>
            new InPredicate(paths.Slot(path.Path), [.. membership.Candidates.Select(Comparand.Of)]),
        Comparison { Left: PathOperand left, Right: Literal right } comparison =>
            new LiteralPredicate(paths.Slot(left.Path), comparison.Operator, Comparand.Of(right)),
        Comparison { Left: PathOperand left, Right: PathOperand right } comparison =>
            new PathsPredicate(paths.Slot(left.Path), comparison.Operator, paths.Slot(right.Path)),
        _ => throw new ArgumentException($"The expression {where} cannot be compiled.", nameof(where)),
    };
}
