using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingest.Gateway.Receipts;

/// <summary>What a source is told at its end: one line of JSON.</summary>
internal sealed partial record Receipt
{
    private static readonly ReceiptJson Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // It is read on terminals, and is no part of a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<ReceiptState>(JsonNamingPolicy.SnakeCaseLower) },
    });

    public required string Source { get; init; }

    /// <summary>Lines taken, blank ones not counted.</summary>
    public required long Lines { get; init; }

    /// <summary>Bytes taken, up to the end of the last line that was, after decompression.</summary>
    public required long Bytes { get; init; }

    public required long Batches { get; init; }

    /// <summary>Lines that are rejects: when committed all of them, otherwise those that the gateway itself refused.</summary>
    public required long Rejected { get; init; }

    /// <summary>Only when committed, as the next two.</summary>
    public long? Written { get; init; }

    public long? Duplicate { get; init; }

    public long? Filtered { get; init; }

    public required ReceiptState State { get; init; }

    /// <summary>What went wrong, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Reads what was sent.</summary>
    /// <returns>Null for what is no receipt.</returns>
    public static Receipt? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, Json.Receipt);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The line as it is sent, its LF included.</summary>
    public byte[] ToLine() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Json.Receipt), (byte)'\n'];

    [JsonSerializable(typeof(Receipt))]
    private sealed partial class ReceiptJson : JsonSerializerContext;
}

internal enum ReceiptState
{
    /// <summary>Every line is safe in the queues.</summary>
    Queued,

    /// <summary>Every line is in the database, or accounted for there.</summary>
    Committed,

    /// <summary>The gateway stopped before the source's end, or waited for it in vain; the lines that it names are safe, what follows them was not taken.</summary>
    Interrupted,

    /// <summary>The source may not send lines; nothing was taken.</summary>
    Refused,
}
