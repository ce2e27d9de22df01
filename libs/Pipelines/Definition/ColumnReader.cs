using Ingest.Messaging;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ingest.Pipelines.Definition;

/// <summary>Reads one entry of <c>columns</c>: a type, or a mapping.</summary>
internal sealed class ColumnReader(SourceText source, Mistakes mistakes, Func<ColumnDefinition, string?> faultOfDefault)
{
    private static readonly string[] Keys = ["from", "type", "required", "default", "unit", "null_if", "max_length", "clean"];
    private static readonly string[] LaterFunctions = ["lower", "upper", "html_decode"];

    /// <summary>The column, or null after a mistake.</summary>
    public ColumnDefinition? Read(YamlScalarNode nameNode, YamlNode value, bool isKey)
    {
        var before = mistakes.Count;
        var name = nameNode.Value ?? "";
        if (NameRules.FaultOfColumn(name) is { } fault)
            mistakes.Add(nameNode, fault);

        ColumnDefinition? column = null;
        if (YamlScalar.IsNull(value))
            mistakes.Add(nameNode, $"column '{name}' needs a type, such as '{name}: text'");
        else if (value is YamlScalarNode scalar)
            column = new ColumnDefinition { Name = name, Type = ReadType(scalar) ?? default, From = OwnMember(name), Required = isKey };
        else if (value is YamlMappingNode mapping)
            column = ReadMapping(name, new Section(mapping, Keys, mistakes), isKey);
        else
            mistakes.Add(value, $"column '{name}' must be a type or a mapping, such as {{ type: text, required: true }}");

        return mistakes.Count == before ? column : null;
    }

    private ColumnDefinition ReadMapping(string name, Section section, bool isKey)
    {
        var before = mistakes.Count;
        var type = section["type"] is YamlScalarNode scalar ? ReadType(scalar) : null;
        if (!section.Has("type"))
            mistakes.Add(section.Node, $"column '{name}' needs a type, such as type: text");
        else if (section["type"] is not (null or YamlScalarNode))
            mistakes.Add(section["type"]!, $"'type' must be one of {string.Join(", ", ColumnTypes.All)}");

        var column = new ColumnDefinition
        {
            Name = name,
            Type = type ?? default,
            From = ReadFrom(section) ?? OwnMember(name),
            Required = ReadRequired(section, isKey),
            Unit = ReadUnit(section, type),
            NullIf = ReadNullIf(section),
            MaxLength = ReadMaxLength(section, type),
            Trim = ReadClean(section, type),
            Default = ReadDefault(section, isKey),
        };
        if (mistakes.Count == before && type is not null && column.Default is not null)
            CheckDefault(section["default"]!, column);
        return column;
    }

    private static JsonPath OwnMember(string name) => new([JsonPathStep.Member(name)]);

    private ColumnType? ReadType(YamlScalarNode scalar)
    {
        if (!Section.IsPlainlyWritten(scalar))
            return null;
        var type = TypeNames.Parse(scalar.Value ?? "", out var fault);
        if (fault is not null)
            mistakes.Add(scalar, fault);
        return type;
    }

    private JsonPath? ReadFrom(Section section)
    {
        // Without its own quotes, ["id.orig_h"] is a YAML list of one string and means the same.
        if (section["from"] is YamlSequenceNode { Children: [YamlScalarNode { Style: ScalarStyle.DoubleQuoted or ScalarStyle.SingleQuoted } only] })
            return Section.IsPlainlyWritten(only) ? OwnMember(only.Value ?? "") : null;

        const string Expected = "a path, such as user.lang or '[\"id.orig_h\"]'";
        if (section.Text("from", Expected) is not { } text)
            return null;
        if (JsonPathParser.TryParse(text, out var path, out var error))
            return path;
        mistakes.Add(ScalarOffsets.PositionOf(source, (YamlScalarNode)section["from"]!, error.Offset), error.Message);
        return null;
    }

    private bool ReadRequired(Section section, bool isKey)
    {
        var required = section.Boolean("required");
        if (isKey && required == false)
            mistakes.Add(section["required"]!, "a key column is always required; remove 'required: false', or the column from 'key'");
        return isKey || required == true;
    }

    private TimeUnit? ReadUnit(Section section, ColumnType? type)
    {
        var unit = section.Choice("unit", ["seconds", "milliseconds", "microseconds", "nanoseconds"]);
        if (section["unit"] is { } node && type is not (null or ColumnType.TimestampTz or ColumnType.Date))
            mistakes.Add(node, $"'unit' is for timestamptz and date, and this column is {type.Value.SqlName()}; remove it, or change the type");
        return unit is null ? null : Enum.Parse<TimeUnit>(unit, ignoreCase: true);
    }

    private List<JsonLiteral> ReadNullIf(Section section)
    {
        var values = new List<JsonLiteral>();
        foreach (var scalar in section.Scalars("null_if", "one value or a list of values, such as [\"[removed]\", \"\"]"))
        {
            var value = YamlScalar.ToLiteral(scalar, out var fault);
            if (value?.Kind == JsonKind.Null)
                fault = "null is null already; remove it from 'null_if', or write 'null' in quotes for the text";
            if (fault is not null)
                mistakes.Add(scalar, fault);
            else
                values.Add(value!);
        }

        return values;
    }

    private int? ReadMaxLength(Section section, ColumnType? type)
    {
        if (section["max_length"] is { } node && type is not (null or ColumnType.Text))
            mistakes.Add(node, $"'max_length' is for text, and this column is {type.Value.SqlName()}; remove it");
        return section.Integer("max_length", 1, int.MaxValue, "a whole number of characters from 1");
    }

    private bool ReadClean(Section section, ColumnType? type)
    {
        var trims = false;
        foreach (var scalar in section.Scalars("clean", "a cleaning function or a list of them, such as [trim]"))
        {
            var function = scalar.Value ?? "";
            if (function != "trim")
            {
                mistakes.Add(scalar, LaterFunctions.Contains(function)
                    ? $"the cleaning function '{function}' is not supported yet; use trim"
                    : $"unknown cleaning function '{function}'; {Suggestion.For(function, ["trim"], "use trim")}");
            }
            else if (trims)
                mistakes.Add(scalar, "'trim' is there twice; remove one");
            else if (type is not (null or ColumnType.Text))
                mistakes.Add(scalar, $"'trim' works on text, and this column is {type.Value.SqlName()}; remove it");
            trims |= function == "trim";
        }

        return trims;
    }

    private JsonLiteral? ReadDefault(Section section, bool isKey)
    {
        if (section["default"] is not { } node)
            return null;
        if (node is not YamlScalarNode scalar)
        {
            mistakes.Add(node, "'default' must be one plain value, such as en, 0 or true");
            return null;
        }

        if (!Section.IsPlainlyWritten(scalar))
            return null;
        var value = YamlScalar.ToLiteral(scalar, out var fault);
        if (value?.Kind == JsonKind.Null)
            fault = "a value without a default is null anyway; remove 'default', or write 'null' in quotes for the text";
        else if (isKey)
            fault ??= "a default in a key column would make all lines without a value duplicates of one; remove 'default', or the column from 'key'";
        else if (section["required"] is YamlScalarNode { Value: "true" or "True" or "TRUE" })
            fault ??= "a column with a default is never without a value; remove 'required' or 'default'";
        if (fault is not null)
            mistakes.Add(scalar, fault);
        return fault is null ? value : null;
    }

    private void CheckDefault(YamlNode node, ColumnDefinition column)
    {
        var characters = ((YamlScalarNode)node).Value!.EnumerateRunes().Count();
        if (column.MaxLength < characters)
            mistakes.Add(node, $"this default has {characters} characters, more than 'max_length: {column.MaxLength}'; shorten it");
        else if (faultOfDefault(column) is { } fault)
            mistakes.Add(node, $"this default does not fit {column.Type.SqlName()}: {fault}");
    }
}
