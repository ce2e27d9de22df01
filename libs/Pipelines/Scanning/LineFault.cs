using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Ingest.Messaging;
using Ingest.Pipelines.Compiled;

namespace Ingest.Pipelines.Scanning;

/// <summary>Says what is wrong with a line that <see cref="LineScanner"/> does not take, in System.Text.Json's words.</summary>
internal static class LineFault
{
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = LineScanner.DeepestNesting };

    public static LineRefusal Describe(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
            return new(RejectReason.InvalidUtf8, null, $"the bytes from byte {ValidPrefix(line) + 1} on are not UTF-8");
        try
        {
            var reader = new Utf8JsonReader(line, Strict);
            reader.Read();
            var first = reader.TokenType;
            reader.Skip();
            reader.Read();
            return new(RejectReason.NotAnObject, null, $"the line is {Name(first)}, not an object");
        }
        catch (JsonException invalid)
        {
            return new(RejectReason.InvalidJson, null, $"at byte {invalid.BytePositionInLine + 1}: {FirstSentence(invalid.Message)}");
        }
    }

    private static string Name(JsonTokenType token) => token switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => throw new InvalidOperationException("The scanner refused an object that is valid JSON."),
    };

    private static int ValidPrefix(ReadOnlySpan<byte> line)
    {
        var valid = 0;
        while (valid < line.Length && Rune.DecodeFromUtf8(line[valid..], out _, out var length) == OperationStatus.Done)
            valid += length;
        return valid;
    }

    private static string FirstSentence(string message)
    {
        var place = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return place < 0 ? message : message[..place];
    }
}
