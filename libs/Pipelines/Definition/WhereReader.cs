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
        if (scalar.Style == ScalarStyle.Plain && QuoteAdvice.ForWhere(source, (int)scalar.Start.Line) is { } cutAtComment)
            mistakes.Add(cutAtComment.Position, cutAtComment.Message);
        else
            mistakes.Add(ScalarOffsets.PositionOf(source, scalar, error.Offset), error.Message);
        return null;
    }
}
