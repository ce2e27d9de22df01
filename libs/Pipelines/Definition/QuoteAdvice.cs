using System.Text.RegularExpressions;

namespace Ingest.Pipelines.Definition;

/// <summary>
/// Recognises an expression or a path that YAML takes for something else, because it begins with a quote, <c>!</c> or
/// a bracket, or contains <c>: </c> or <c> #</c>, and shows it quoted.
/// </summary>
internal static partial class QuoteAdvice
{
    private const int LongestExample = 120;
    private const int MostLinesOfExpression = 50;

    /// <summary>The expression in single quotes, as a file would hold it.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Null when the trouble on that line has nothing to do with a where.</summary>
    public static ((int Line, int Column) Position, string Message)? ForWhere(SourceText source, int line)
    {
        // The trouble may begin on a line that continues the expression.
        var first = line;
        while (first > 1 && line - first < MostLinesOfExpression && source.LineAt(first) is "" or [' ' or '\t' or '#', ..])
            first--;
        if (WhereLine.Match(source.LineAt(first)) is not { Success: true } match)
            return null;

        var value = match.Groups["value"].Value;
        var expression = WithoutComment(value);
        var reason = value[0] switch
        {
            '"' or '\'' when expression.LastIndexOf(value[0]) == 0 => null,
            '>' or '|' when expression.Length <= 3 => null,
            '!' or '"' or '\'' or '[' or '{' or '&' or '*' or '@' or '`' or '%' or '>' or '|' => $"begins with {value[0]}",
            _ when expression.Contains(": ", StringComparison.Ordinal) => "contains ': '",
            _ when expression.Contains(" #", StringComparison.Ordinal) => "contains ' #'",
            _ => null,
        };
        if (reason is null)
            return null;

        var example = expression.Length <= LongestExample && first == line ? expression : "!is_bot";
        return ((first, match.Groups["value"].Index + 1), $"a 'where' that {reason} must be quoted as a whole: where: {Quote(example)}");
    }

    /// <summary>Null when the line has no <c>from</c> with brackets that YAML takes for its own.</summary>
    public static ((int Line, int Column) Position, string Message)? ForPath(SourceText source, int line)
    {
        var text = source.LineAt(line);
        if (PathInLine.Match(text) is not { Success: true } match)
            return null;
        var path = match.Groups["path"];
        return path.Value[0] == '[' || text.AsSpan(0, path.Index).Contains('{')
            ? ((line, path.Index + 1), $"a path with brackets must be quoted here: from: {Quote(path.Value)}")
            : null;
    }

    private static string WithoutComment(string value)
    {
        var quote = '\0';
        for (var i = 0; i < value.Length; i++)
        {
            if (quote == value[i])
                quote = '\0';
            else if (quote == '\0' && value[i] is '"' or '\'')
                quote = value[i];
            else if (quote == '\0' && value[i] == '#' && i > 0 && value[i - 1] is ' ' or '\t')
                return value[..i].TrimEnd();
        }

        return value.TrimEnd();
    }

    [GeneratedRegex(@"^(where|""where""|'where')\s*:\s+(?<value>\S.*)$")]
    private static partial Regex WhereLine { get; }

    [GeneratedRegex(@"\bfrom:\s+(?<path>[A-Za-z0-9_.]+\[[^\]]*\][^\s,}]*|\[[^\]]*\][^\s,}]+)")]
    private static partial Regex PathInLine { get; }
}
