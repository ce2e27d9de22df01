using YamlDotNet.RepresentationModel;

namespace Ingest.Pipelines.Definition;

/// <summary>What <c>key</c> may name.</summary>
internal static class KeyRules
{
    // PostgreSQL's INDEX_MAX_KEYS.
    private const int MostKeyColumns = 32;

    public static void Check(Section section, IReadOnlyList<YamlScalarNode> key, Mistakes mistakes)
    {
        var columns = (section["columns"] as YamlMappingNode)?.Children
            .ToDictionary(pair => ((YamlScalarNode)pair.Key).Value ?? "", pair => pair.Value) ?? [];
        if (key.Count > MostKeyColumns)
        {
            mistakes.Add(key[0], $"a key can have at most {MostKeyColumns} columns; remove some");
            return;
        }

        var seen = new HashSet<string>();
        foreach (var node in key)
        {
            var name = node.Value ?? "";
            if (!seen.Add(name))
                mistakes.Add(node, $"'{name}' is in 'key' twice; remove one");
            else if (columns.Count > 0 && !columns.ContainsKey(name))
                mistakes.Add(node, $"'{name}' is not a column; {Suggestion.For(name, columns.Keys, "add it to 'columns', or remove it from 'key'")}");
            else if (IsJsonb(columns.GetValueOrDefault(name)))
                mistakes.Add(node, $"column '{name}' is jsonb, which cannot be a key; choose a column of another type");
        }

        if (key.Count == 0 && section["on_duplicate"] is YamlScalarNode { Value: "update" } update)
            mistakes.Add(update, "'on_duplicate: update' needs a 'key' that tells which rows are the same; add one");
    }

    private static bool IsJsonb(YamlNode? column) => column switch
    {
        YamlScalarNode type => type.Value == "jsonb",
        YamlMappingNode mapping => mapping.Children.Any(pair =>
            pair is { Key: YamlScalarNode { Value: "type" }, Value: YamlScalarNode { Value: "jsonb" } }),
        _ => false,
    };
}
