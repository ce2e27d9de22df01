using System.Diagnostics.CodeAnalysis;
using Ingest.Pipelines.Where;

namespace Ingest.Pipelines;

/// <summary>
/// Reads a path as a definition spells it: <c>user.lang</c>, <c>["id.orig_h"]</c>, <c>tags[0]</c>,
/// <c>a["b.c"][2].d</c>. It never throws.
/// </summary>
public static class JsonPathParser
{
    public static bool TryParse(
        string text, [NotNullWhen(true)] out JsonPath? path, [NotNullWhen(false)] out SyntaxError? error)
    {
        (path, error) = (null, null);
        try
        {
            var tokens = new TokenReader(text);
            path = PathGrammar.Read(tokens);
            if (tokens.Current.Kind != TokenKind.End)
                throw tokens.Unexpected("the end of the path");
            return true;
        }
        catch (SyntaxErrorException exception)
        {
            (path, error) = (null, exception.Error);
            return false;
        }
    }
}
