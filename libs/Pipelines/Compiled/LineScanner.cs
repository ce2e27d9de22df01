using System.Text.Json;
using Ingest.Messaging;
using Ingest.Pipelines.Values;

namespace Ingest.Pipelines.Compiled;

/// <summary>
/// Checks a whole line against the JSON grammar (RFC 8259, one value, nesting at most 64) and notes where the values
/// stand that the definition mentions. Where a member occurs twice the last one counts.
/// </summary>
internal sealed class LineScanner(PathTree paths)
{
    private const int DeepestNesting = 64;
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = DeepestNesting };

    private readonly Slot[] _slots = new Slot[paths.Slots];

    public LineValues Values(ReadOnlySpan<byte> line) => new(line, _slots);

    /// <returns>Null when the line is an object, otherwise why it is not.</returns>
    public (RejectReason Reason, string Detail)? Scan(ReadOnlySpan<byte> line)
    {
        Array.Clear(_slots);
        try
        {
            var reader = new Utf8JsonReader(line, Strict);
            reader.Read();
            var first = reader.TokenType;
            if (first == JsonTokenType.StartObject)
                ReadObject(ref reader, paths.Root, line);
            else
                reader.Skip();
            reader.Read();
            return first == JsonTokenType.StartObject
                ? null
                : (RejectReason.NotAnObject, $"the line is {Describe(first)}, not an object");
        }
        catch (JsonException invalid)
        {
            return (RejectReason.InvalidJson, $"at byte {invalid.BytePositionInLine + 1}: {FirstSentence(invalid.Message)}");
        }
    }

    private void ReadObject(ref Utf8JsonReader reader, PathNode node, ReadOnlySpan<byte> line)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var member = Find(ref reader, node.Members);
            reader.Read();
            ReadValue(ref reader, member, line);
        }
    }

    private void ReadArray(ref Utf8JsonReader reader, PathNode node, ReadOnlySpan<byte> line)
    {
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            PathNode? element = null;
            foreach (var candidate in node.Elements)
            {
                if (candidate.Index == index)
                    element = candidate;
            }

            ReadValue(ref reader, element, line);
        }
    }

    private void ReadValue(ref Utf8JsonReader reader, PathNode? node, ReadOnlySpan<byte> line)
    {
        if (node is null)
        {
            reader.Skip();
            return;
        }

        foreach (var slot in node.AllSlots)
            _slots[slot] = default;

        var start = (int)reader.TokenStartIndex;
        var found = new Slot { Kind = KindOf(reader.TokenType), Start = start };
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject when node.Members.Length > 0:
                ReadObject(ref reader, node, line);
                found.Length = (int)reader.BytesConsumed - start;
                break;
            case JsonTokenType.StartArray when node.Elements.Length > 0:
                ReadArray(ref reader, node, line);
                found.Length = (int)reader.BytesConsumed - start;
                break;
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                reader.Skip();
                found.Length = (int)reader.BytesConsumed - start;
                break;
            case JsonTokenType.String:
                found.Start = start + 1;
                found.Length = reader.ValueSpan.Length;
                found.Escaped = reader.ValueIsEscaped;
                break;
            case JsonTokenType.Number:
                found.Length = reader.ValueSpan.Length;
                break;
        }

        if (node.Slot != PathNode.NoSlot)
            _slots[node.Slot] = found;
    }

    private static PathNode? Find(ref Utf8JsonReader reader, PathNode[] members)
    {
        // The reader's own comparison throws where an escape is half of a surrogate pair.
        var name = reader.ValueSpan;
        foreach (var member in members)
        {
            if (JsonText.Equals(name, reader.ValueIsEscaped, member.Name))
                return member;
        }

        return null;
    }

    private static JsonKind KindOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => JsonKind.Object,
        JsonTokenType.StartArray => JsonKind.Array,
        JsonTokenType.String => JsonKind.String,
        JsonTokenType.Number => JsonKind.Number,
        JsonTokenType.True => JsonKind.True,
        JsonTokenType.False => JsonKind.False,
        _ => JsonKind.Null,
    };

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        _ => "null",
    };

    private static string FirstSentence(string message)
    {
        var place = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return place < 0 ? message : message[..place];
    }
}
