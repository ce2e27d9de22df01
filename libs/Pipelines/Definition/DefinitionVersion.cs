using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ingest.Messaging;

namespace Ingest.Pipelines.Definition;

/// <summary>Names a definition by what it means, so that only a change of meaning makes another version.</summary>
internal static class DefinitionVersion
{
    private const int VersionBytes = 8;

    public static string Of(PipelineDefinition definition) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalText(definition))).AsSpan(0, VersionBytes));

    /// <summary>One property a line. Words from the file are quoted, so that no two definitions have the same text.</summary>
    internal static string CanonicalText(PipelineDefinition definition)
    {
        var text = new StringBuilder();
        Line(text, "where", definition.Where?.ToString());
        Line(text, "table", List([definition.Table.Schema, definition.Table.Name]));
        Line(text, "key", List(definition.Key));
        Line(text, "on_duplicate", definition.OnDuplicate.ToString());
        Line(text, "max_line_bytes", Number(definition.MaxLineBytes));
        Line(text, "decompress", definition.Decompression.ToString());
        foreach (var column in definition.Columns)
        {
            Line(text, "column", QuotedText.Of(column.Name));
            Line(text, "from", column.From.ToString());
            Line(text, "type", column.Type.SqlName());
            Line(text, "required", column.Required ? "true" : null);
            Line(text, "unit", column.Unit?.ToString());
            Line(text, "trim", column.Trim ? "true" : null);
            Line(text, "null_if", string.Join(", ", column.NullIf.Select(v => v.ToString()).Distinct().Order(StringComparer.Ordinal)));
            Line(text, "default", column.Default?.ToString());
            Line(text, "max_length", column.MaxLength is { } length ? Number(length) : null);
        }

        return text.ToString();
    }

    private static void Line(StringBuilder text, string property, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            text.Append(property).Append(' ').Append(value).Append('\n');
    }

    private static string List(IEnumerable<string?> words) =>
        string.Join(", ", words.Select(word => word is null ? "" : QuotedText.Of(word)));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
