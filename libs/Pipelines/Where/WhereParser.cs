using System.Diagnostics.CodeAnalysis;

namespace Ingest.Pipelines.Where;

/// <summary>
/// Reads a filter: the subset of CEL (github.com/google/cel-spec) with paths, string, number, true, false and null
/// literals, <c>== != &lt; &lt;= &gt; &gt;= in &amp;&amp; || !</c> and parentheses. It never throws.
/// </summary>
/// <remarks>
/// Precedence from tight to loose: <c>!</c>, comparison, <c>&amp;&amp;</c>, <c>||</c>. The tree is shallow for any
/// text: chains of one operator become balanced trees, which mean the same, so that recursion over it is safe.
/// </remarks>
public static class WhereParser
{
    public const int LongestTextCharacters = 16 * 1024;
    public const int DeepestNesting = 64;

    public static bool TryParse(
        string text, [NotNullWhen(true)] out Expression? expression, [NotNullWhen(false)] out SyntaxError? error)
    {
        (expression, error) = (null, null);
        try
        {
            if (text.Length > LongestTextCharacters)
                throw new SyntaxErrorException(0, $"this expression has {text.Length} characters; shorten it to {LongestTextCharacters}");
            expression = new WhereGrammar(new TokenReader(text)).ReadAll();
            return true;
        }
        catch (SyntaxErrorException exception)
        {
            (expression, error) = (null, exception.Error);
            return false;
        }
    }
}
