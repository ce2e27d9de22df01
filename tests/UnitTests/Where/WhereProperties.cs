using CsCheck;
using Ingest.Pipelines;
using Ingest.Pipelines.Where;
using Xunit;

namespace Ingest.UnitTests.Where;

public class WhereProperties
{
    private static readonly Gen<string> Pieces = Gen.OneOf(
        Gen.OneOf(
            "a", "b.c", "[\"x.y\"]", "[0]", "[", "]", "(", ")", "==", "!=", "<", ">=", "!", "&&", "||", "in", "null", "true",
            "'x'", "\"", "'", "\\", "\\u", "1", "-", "0.5", "e", ".", ",", " ", "\n", "not", "AND", "=", "\ud800", "é", "\0"),
        Gen.String[0, 3]);

    private static readonly Gen<string> Texts = Gen.String[1, 6].Where(IsWhole);

    private static readonly Gen<JsonPath> Paths = Gen.Select(
        Gen.OneOf(Gen.OneOf("a", "_b9", "in", "True", "not", "id.orig_h", "", "\"\n"), Texts),
        Gen.OneOf(Texts.Select(JsonPathStep.Member), Gen.Int[0, 99].Select(JsonPathStep.Element)).List[0, 3],
        (first, rest) => new JsonPath([JsonPathStep.Member(first), .. rest]));

    private static readonly Gen<Operand> Path = Paths.Select(path => (Operand)new PathOperand(path));

    private static readonly Gen<Literal> Ordered = Gen.OneOf(
        Texts.Select(text => new Literal(JsonKind.String, text)),
        Gen.OneOf("0", "-0", "12", "-3.50", "1e400", "2E-7").Select(number => new Literal(JsonKind.Number, number)));

    private static readonly Gen<Literal> Literals =
        Gen.OneOf(Ordered, Gen.OneOf(new Literal(JsonKind.True, ""), new Literal(JsonKind.False, "")));

    private static readonly Gen<Expression> Leaves = Gen.OneOf<Expression>(
        Path.Select(path => (Expression)new Truth(path)),
        Path.Select(path => (Expression)new IsNull(path)),
        Gen.Select(Path, Literals.List[1, 3], (path, list) => (Expression)new In(path, list)),
        Gen.Select(Path, Gen.Enum<ComparisonOperator>(), Gen.OneOf(Path, Ordered.Select(l => (Operand)l)), (a, o, b) => (Expression)new Comparison(a, o, b)),
        Gen.Select(Path, Gen.OneOf(ComparisonOperator.Equal, ComparisonOperator.NotEqual), Literals, (a, o, b) => (Expression)new Comparison(a, o, b)));

    [Fact]
    public void Random_text_gives_an_expression_or_an_error_inside_the_text() =>
        Pieces.List[0, 40].Sample(
            pieces =>
            {
                var text = string.Concat(pieces);
                if (WhereParser.TryParse(text, out var expression, out var error))
                    Assert.Equal(expression.ToString(), Again(expression));
                else
                    Assert.InRange(error.Offset, 0, text.Length);
                if (!JsonPathParser.TryParse(text, out _, out error))
                    Assert.InRange(error.Offset, 0, text.Length);
            },
            iter: 20_000);

    [Fact]
    public void Generated_expression_survives_its_spelling() =>
        Trees(4).Sample(expression => Assert.Equal(expression.ToString(), Again(expression)), iter: 5_000);

    private static Gen<Expression> Trees(int depth)
    {
        if (depth == 0)
            return Leaves;
        var below = Trees(depth - 1);
        return Gen.OneOf(
            Leaves,
            below.Select(operand => (Expression)new Not(operand)),
            Gen.Select(below, below, (left, right) => (Expression)new And(left, right)),
            Gen.Select(below, below, (left, right) => (Expression)new Or(left, right)));
    }

    private static string Again(Expression expression)
    {
        Assert.True(WhereParser.TryParse(expression.ToString(), out var again, out var error), $"{expression} {error}");
        return again.ToString();
    }

    private static bool IsWhole(string text) => text.EnumerateRunes().All(rune => rune.Value != 0xFFFD);
}
