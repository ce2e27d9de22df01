using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Ingest.Pipelines.Definition;

/// <summary>
/// Looks for what a definition must not contain before a tree is built: broken syntax, several documents, deep
/// nesting, duplicate keys, anchors, aliases and tags.
/// </summary>
internal sealed partial class YamlStructureCheck(SourceText source, Mistakes mistakes)
{
    private const int DeepestNesting = 16;

    private readonly Stack<Collection> _open = new();
    private Mark _last = new(0, 1, 1);

    /// <summary>False when no tree can be built; anchors and tags are only reported.</summary>
    public bool Passes()
    {
        try
        {
            return PassesAllEvents(new Parser(new StringReader(source.Text)));
        }
        catch (YamlException exception)
        {
            AddSyntaxMistake(exception.Start, exception.Message);
            return false;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The parser loses its state at some unclosed brackets and throws whatever comes of it.
            AddSyntaxMistake(_last, "");
            return false;
        }
    }

    private bool PassesAllEvents(Parser parser)
    {
        var (documents, passes) = (0, true);
        while (parser.MoveNext())
        {
            var current = parser.Current!;
            _last = current.End;
            switch (current)
            {
                case DocumentStart when ++documents > 1:
                    mistakes.Add(current.Start, "a file holds one definition; move what follows '---' into a file of its own");
                    return false;
                case AnchorAlias:
                    AddUnlessWhere(current.Start, "aliases ('*') are not supported; write the value out, or quote it");
                    passes = false;
                    break;
                case NodeEvent node:
                    CheckTagAndAnchor(node);
                    break;
            }

            if (current is not (AnchorAlias or NodeEvent or MappingEnd or SequenceEnd))
                continue;
            if (current is MappingEnd or SequenceEnd)
                _open.Pop();
            else if (_open.TryPeek(out var parent) && !parent.Admits(current, mistakes))
                passes = false;

            if (current is MappingStart or SequenceStart)
                _open.Push(new Collection(current));
            if (_open.Count > DeepestNesting)
            {
                mistakes.Add(current.Start, $"this is nested deeper than {DeepestNesting}, which no definition needs; check the brackets");
                return false;
            }
        }

        return passes;
    }

    private void CheckTagAndAnchor(NodeEvent node)
    {
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
            AddUnlessWhere(node.Start, "tags ('!') are not supported; remove it, or quote a value that begins with '!'");
        else if (!node.Anchor.IsEmpty)
            AddUnlessWhere(node.Start, "anchors ('&') are not supported; remove it, or quote a value that begins with '&'");
    }

    private void AddUnlessWhere(Mark mark, string message)
    {
        if (QuoteAdvice.ForWhere(source, (int)mark.Line) is { } advice)
            mistakes.Add(advice.Position, advice.Message);
        else
            mistakes.Add(mark, message);
    }

    private void AddSyntaxMistake(Mark mark, string message)
    {
        var unclosed = _open.FirstOrDefault(collection => collection.IsFlow);
        var line = (int)(unclosed?.Start ?? mark).Line;
        if ((QuoteAdvice.ForWhere(source, line) ?? QuoteAdvice.ForPath(source, line)) is { } advice)
            mistakes.Add(advice.Position, advice.Message);
        else if (unclosed is not null && (mark.Line > unclosed.Start.Line || message.Length == 0))
            mistakes.Add(unclosed.Start, "invalid YAML: this bracket is not closed; close it, or quote a value that contains one of [ ] { } ,");
        else if (message.Contains("tab", StringComparison.Ordinal) && IndentingTab.Match(source.Text) is { Success: true } tab)
            mistakes.Add(source.PositionAt(tab.Index + tab.Length - 1), "YAML does not allow tabs in the indentation; use spaces");
        else
            mistakes.Add(mark, InvalidYaml(message));
    }

    /// <summary>YamlDotNet's sentence inside ours.</summary>
    public static string InvalidYaml(string message) => message.Length == 0
        ? "invalid YAML: this cannot be read; check the indentation, quotes and brackets here"
        : $"invalid YAML: {char.ToLowerInvariant(message[0])}{message[1..].TrimEnd('.')}; check the indentation, quotes and brackets here";

    [GeneratedRegex("^ *\t", RegexOptions.Multiline)]
    private static partial Regex IndentingTab { get; }

    /// <summary>A mapping or a sequence that is not closed yet.</summary>
    private sealed class Collection(ParsingEvent start)
    {
        private readonly Dictionary<string, long>? _lineOfKey = start is MappingStart ? [] : null;
        private bool _atValue;

        public Mark Start => start.Start;

        public bool IsFlow => start is MappingStart { Style: MappingStyle.Flow } or SequenceStart { Style: SequenceStyle.Flow };

        /// <summary>Takes a key, a value or an element; false for a key that is there already or is no word.</summary>
        public bool Admits(ParsingEvent child, Mistakes mistakes)
        {
            if (_lineOfKey is null)
                return true;
            _atValue = !_atValue;
            if (!_atValue)
                return true;
            if (child is not Scalar key)
            {
                mistakes.Add(child.Start, "a key is one word; write 'key: value'");
                return false;
            }

            if (_lineOfKey.TryAdd(key.Value, key.Start.Line))
                return true;
            mistakes.Add(child.Start, $"the key '{key.Value}' stands on line {_lineOfKey[key.Value]} already; keep one of them");
            return false;
        }
    }
}
