using System.Globalization;

namespace Ingest.Pipelines.Where;

/// <summary>The grammar of a path: a name, then names after dots and names or indexes in brackets.</summary>
internal static class PathGrammar
{
    // A line nested deeper than this is refused, so a longer path could not lead anywhere.
    public const int MostSteps = 64;

    public static JsonPath Read(TokenReader tokens)
    {
        var start = tokens.Current.Offset;
        var steps = new List<JsonPathStep> { ReadFirst(tokens) };
        while (true)
        {
            if (tokens.TryTake(TokenKind.Dot))
                steps.Add(ReadMember(tokens));
            else if (tokens.TryTake(TokenKind.OpenBracket))
                steps.Add(ReadBracket(tokens));
            else
                return new JsonPath(steps);
            if (steps.Count > MostSteps)
                throw new SyntaxErrorException(start, $"this path has more than {MostSteps} steps, deeper than a line may be nested; shorten it");
        }
    }

    private static JsonPathStep ReadFirst(TokenReader tokens)
    {
        if (tokens.Current.Kind == TokenKind.Name)
            return JsonPathStep.Member(tokens.Take().Text);
        if (tokens.Current.Kind != TokenKind.OpenBracket)
            throw tokens.Unexpected("a path such as user.lang or [\"id.orig_h\"]");

        var bracket = tokens.Take().Offset;
        var step = ReadBracket(tokens);
        if (step.Name is null)
            throw new SyntaxErrorException(bracket, "a line is an object, so a path begins with a member's name, such as tags[0] or [\"id.orig_h\"]");
        return step;
    }

    private static JsonPathStep ReadMember(TokenReader tokens) => tokens.Current.Kind switch
    {
        TokenKind.Name => JsonPathStep.Member(tokens.Take().Text),
        TokenKind.Number => throw tokens.Error($"an element of an array is written in brackets, such as tags[0], but found {tokens.Current}"),
        _ => throw tokens.Unexpected("a name after '.'"),
    };

    private static JsonPathStep ReadBracket(TokenReader tokens)
    {
        var token = tokens.Current;
        JsonPathStep step;
        if (token.Kind == TokenKind.String)
            step = JsonPathStep.Member(token.Text);
        else if (token.Kind == TokenKind.Name)
            throw tokens.Error($"a name in brackets stands in quotes: [{QuotedText.Of(token.Text)}]");
        else if (token.Kind == TokenKind.Number && IsIndex(token.Text, out var index))
            step = JsonPathStep.Element(index);
        else
            throw tokens.Unexpected("an index from 0 or a name in quotes");

        tokens.Take();
        tokens.Expect(TokenKind.CloseBracket, "']'");
        return step;
    }

    private static bool IsIndex(string number, out int index) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out index);
}
