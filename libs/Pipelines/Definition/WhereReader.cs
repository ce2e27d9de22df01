using Ingest.Pipelines.Where;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ingest.Pipelines.Definition;

/// <summary>Reads <c>where</c> and puts the parser's offsets into the file.</summary>
internal static class WhereReader
{
    public static Expression? Read(Section section, SourceText source, Mistakes mistakes)
    {
        if (section["where"] is { } node and not YamlScalarNode)
        {
            var advice = QuoteAdvice.ForWhere(source, (int)node.Start.Line)?.Message;
            mistakes.Add(node, advice ?? "'where' must be one expression, quoted as a whole: where: 'score > 0'");
            return null;
        }

        if (section.Text("where", "an expression") is not { } text)
            return null;
        if (WhereParser.TryParse(text, out var expression, out var error))
            return expression;

        var scalar = (YamlScalarNode)section["where"]!;
        mistakes.Add(ScalarOffsets.PositionOf(source, scalar, error.Offset), error.Message + CommentHint(source, scalar));
        return null;
    }

    private static string CommentHint(SourceText source, YamlScalarNode scalar)
    {
        var line = source.LineAt((int)scalar.End.Line);
        var rest = line[Math.Min(line.Length, Math.Max(0, (int)scalar.End.Column - 1))..];
        return scalar.Style == ScalarStyle.Plain && rest.TrimStart().StartsWith('#') && HasOpenQuote(scalar.Value!)
            ? " (YAML ends the expression at ' #'; quote it as a whole)"
            : "";
    }

    private static bool HasOpenQuote(string text) => text.Count(c => c == '"') % 2 == 1 || text.Count(c => c == '\'') % 2 == 1;
}
