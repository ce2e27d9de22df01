using Ingest.Messaging;

namespace Ingest.Pipelines.Definition;

/// <summary>Names a column type from what people write.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["string"] = "text",
        ["str"] = "text",
        ["varchar"] = "text",
        ["character varying"] = "text",
        ["char"] = "text",
        ["int"] = "integer",
        ["int2"] = "smallint",
        ["int4"] = "integer",
        ["int8"] = "bigint",
        ["long"] = "bigint",
        ["float"] = "double precision",
        ["float4"] = "real",
        ["float8"] = "double precision",
        ["double"] = "double precision",
        ["decimal"] = "numeric",
        ["number"] = "numeric",
        ["bool"] = "boolean",
        ["timestamp"] = "timestamptz",
        ["timestamp with time zone"] = "timestamptz",
        ["datetime"] = "timestamptz",
        ["time"] = "timestamptz",
        ["json"] = "jsonb",
        ["object"] = "jsonb",
        ["array"] = "jsonb",
    };

    public static ColumnType? Parse(string text, out string? fault)
    {
        fault = null;
        if (ColumnTypes.FromSqlName(text) is { } type)
            return type;

        var word = text.Split('(')[0].Trim();
        var suggestion = OtherNames.TryGetValue(word, out var meant)
            ? $"did you mean '{meant}'?"
            : Suggestion.For(word, ColumnTypes.All, $"the types are {string.Join(", ", ColumnTypes.All)}");
        fault = $"unknown type '{text}'; {suggestion}";
        return null;
    }
}
