using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ingest.Pipelines.Definition;

/// <summary>A mapping whose keys are known; unknown ones are mistakes.</summary>
internal sealed class Section
{
    private readonly Dictionary<string, YamlNode> _values = [];
    private readonly HashSet<string> _meantKeys = [];
    private readonly Mistakes _mistakes;

    public Section(YamlMappingNode node, IReadOnlyList<string> knownKeys, Mistakes mistakes)
    {
        Node = node;
        _mistakes = mistakes;
        foreach (var (key, value) in node.Children)
        {
            var name = ((YamlScalarNode)key).Value ?? "";
            if (!knownKeys.Contains(name))
            {
                _meantKeys.Add(Suggestion.Nearest(name, knownKeys) ?? "");
                mistakes.Add(key, $"unknown key '{name}'; {Suggestion.For(name, knownKeys, $"the keys here are {string.Join(", ", knownKeys)}")}");
            }
            else if (YamlScalar.IsNull(value) && IsPlainlyWritten((YamlScalarNode)value) && name != "default")
                mistakes.Add(key, $"'{name}' has no value; write one, or remove the key");
            else
                _values.Add(name, value);
        }
    }

    public YamlMappingNode Node { get; }

    /// <summary>The key's value, or null when it is not there or is of no use; in the second case a mistake is noted.</summary>
    public YamlNode? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>True also when the key is there with a typing error or without a value, which is reported already.</summary>
    public bool Has(string key) => _meantKeys.Contains(key) || Node.Children.Keys.Any(k => k is YamlScalarNode { Value: var name } && name == key);

    /// <summary>A scalar's characters.</summary>
    public string? Text(string key, string expected)
    {
        if (this[key] is not { } value)
            return null;
        if (value is YamlScalarNode scalar)
            return IsPlainlyWritten(scalar) ? scalar.Value : null;
        _mistakes.Add(value, $"'{key}' must be {expected}");
        return null;
    }

    public int? Integer(string key, int smallest, int largest, string expected)
    {
        if (this[key] is not { } value)
            return null;
        if (value is YamlScalarNode { Value: { } text } scalar)
        {
            if (!IsPlainlyWritten(scalar))
                return null;
            if (text.Length < 12 && text.All(char.IsAsciiDigit) && long.TryParse(text, out var number) && number >= smallest && number <= largest)
                return (int)number;
        }

        _mistakes.Add(value, $"'{key}' must be {expected}");
        return null;
    }

    public bool? Boolean(string key)
    {
        switch (Text(key, "true or false"))
        {
            case null:
                return null;
            case "true" or "True" or "TRUE":
                return true;
            case "false" or "False" or "FALSE":
                return false;
            default:
                _mistakes.Add(this[key]!, $"'{key}' must be true or false");
                return null;
        }
    }

    /// <summary>One of a few words.</summary>
    public string? Choice(string key, IReadOnlyList<string> words)
    {
        var allOfThem = string.Join(" or ", words);
        if (Text(key, allOfThem) is not { } text)
            return null;
        if (words.Contains(text))
            return text;
        _mistakes.Add(this[key]!, $"unknown value '{text}' for '{key}'; {Suggestion.For(text, words, $"write {allOfThem}")}");
        return null;
    }

    /// <summary>The scalars of a list, or of one scalar on its own.</summary>
    public IReadOnlyList<YamlScalarNode> Scalars(string key, string expected)
    {
        switch (this[key])
        {
            case null:
                return [];
            case YamlScalarNode scalar:
                return IsPlainlyWritten(scalar) ? [scalar] : [];
            case YamlSequenceNode sequence:
                foreach (var odd in sequence.Where(child => child is not YamlScalarNode))
                    _mistakes.Add(odd, $"'{key}' must be {expected}");
                return [.. sequence.OfType<YamlScalarNode>().Where(IsPlainlyWritten)];
            case var other:
                _mistakes.Add(other, $"'{key}' must be {expected}");
                return [];
        }
    }

    /// <summary>False for a scalar with a tag or an anchor, which is reported already and may hold only half a value.</summary>
    public static bool IsPlainlyWritten(YamlScalarNode scalar) =>
        (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific) && scalar.Anchor.IsEmpty;
}
