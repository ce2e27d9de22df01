using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ingest.Pipelines.Definition;

/// <summary>Reads the top level of a definition, and everything it can in spite of mistakes.</summary>
internal sealed class DefinitionReader(
    string file, SourceText source, Mistakes mistakes, Func<ColumnDefinition, string?> faultOfDefault)
{
    private const int MostColumns = 1000;

    private static readonly string[] Keys =
    [
        "pipeline", "listen", "connect", "where", "table", "key", "on_duplicate", "columns",
        "max_line_bytes", "acknowledge", "push_down", "decompress",
    ];

    /// <summary>What no other file may use, as far as it could be read.</summary>
    public List<Claim> Claims { get; } = [];

    /// <summary>The definition, or null after a mistake.</summary>
    public PipelineDefinition? Read(YamlMappingNode root)
    {
        var section = new Section(root, Keys, mistakes);
        foreach (var required in (string[])["pipeline", "table", "columns"])
        {
            if (!section.Has(required))
                mistakes.Add(root, $"'{required}' is missing; every definition needs pipeline, table and columns");
        }

        var waysIn = new WaysInReader(file, section, mistakes, Claims);
        var keyNodes = section.Scalars("key", "a column or a list of columns");
        var definition = new PipelineDefinition
        {
            Name = ReadName(section) ?? "",
            File = file,
            ListenPort = waysIn.ReadPort(),
            ListenPath = waysIn.ReadPath(),
            Connect = waysIn.ReadConnect(),
            Where = WhereReader.Read(section, source, mistakes),
            Table = ReadTable(section) ?? new TableName(null, ""),
            Key = [.. keyNodes.Select(node => node.Value ?? "")],
            OnDuplicate = section.Choice("on_duplicate", ["ignore", "update"]) == "update" ? OnDuplicate.Update : OnDuplicate.Ignore,
            Columns = ReadColumns(section, keyNodes),
            MaxLineBytes = ReadMaxLineBytes(section),
            Decompression = ReadDecompress(section),
            Acknowledge = ReadAcknowledge(section),
            PushDown = section.Choice("push_down", ["auto", "off"]) == "off" ? PushDown.Off : PushDown.Auto,
        };
        KeyRules.Check(section, keyNodes, mistakes);
        return mistakes.Any ? null : definition with { Version = DefinitionVersion.Of(definition) };
    }

    private string? ReadName(Section section)
    {
        var name = section.Text("pipeline", "a name, such as comments");
        if (name is not null && NameRules.FaultOfPipeline(name) is { } fault)
            mistakes.Add(section["pipeline"]!, fault);
        else if (name is not null)
            Claims.Add(new Claim($"the name '{name}'", name, section["pipeline"]!.Start));
        return name;
    }

    private TableName? ReadTable(Section section)
    {
        if (section.Text("table", "a table's name, such as comments or social.comments") is not { } text)
            return null;
        if (NameRules.FaultOfTable(text) is { } fault)
        {
            mistakes.Add(section["table"]!, fault);
            return null;
        }

        var table = text.Split('.') is [var schema, var name] ? new TableName(schema, name) : new TableName(null, text);

        // Without a schema PostgreSQL looks in public, unless someone has changed its search path.
        Claims.Add(new Claim($"the table '{text}'", $"table {table.Schema ?? "public"}.{table.Name}", section["table"]!.Start));
        return table;
    }

    private List<ColumnDefinition> ReadColumns(Section section, IReadOnlyList<YamlScalarNode> key)
    {
        var columns = new List<ColumnDefinition>();
        if (section["columns"] is not { } node)
            return columns;
        if (node is not YamlMappingNode mapping)
            mistakes.Add(node, "'columns' must be a mapping of names to types, such as 'author: text'");
        else if (mapping.Children.Count is 0 or > MostColumns)
            mistakes.Add(node, string.Create(CultureInfo.InvariantCulture, $"'columns' must have 1 to {MostColumns} entries, and has {mapping.Children.Count}"));
        else
        {
            var reader = new ColumnReader(source, mistakes, faultOfDefault);
            foreach (var (name, value) in mapping.Children)
            {
                var isKey = key.Any(k => k.Value == ((YamlScalarNode)name).Value);
                if (reader.Read((YamlScalarNode)name, value, isKey) is { } column)
                    columns.Add(column);
            }
        }

        return columns;
    }

    private static int ReadMaxLineBytes(Section section) =>
        section.Integer("max_line_bytes", 1, PipelineDefinition.LargestMaxLineBytes, $"a whole number of bytes from 1 to {PipelineDefinition.LargestMaxLineBytes}")
        ?? PipelineDefinition.DefaultMaxLineBytes;

    private static Decompression ReadDecompress(Section section) =>
        section.Choice("decompress", ["auto", "none", "gzip", "zstd", "xz", "bzip2", "lz4"]) switch
        {
            "none" => Decompression.None,
            "gzip" => Decompression.Gzip,
            "zstd" => Decompression.Zstd,
            "xz" => Decompression.Xz,
            "bzip2" => Decompression.Bzip2,
            "lz4" => Decompression.Lz4,
            _ => Decompression.Auto,
        };

    private static Acknowledge ReadAcknowledge(Section section) => section.Choice("acknowledge", ["queued", "committed", "none"]) switch
    {
        "committed" => Acknowledge.Committed,
        "none" => Acknowledge.None,
        _ => Acknowledge.Queued,
    };
}

/// <summary>Something that only one definition may use, such as a port.</summary>
/// <param name="What">As messages name it.</param>
/// <param name="Identity">Equal for two claims to the same thing.</param>
internal sealed record Claim(string What, string Identity, Mark Mark);
