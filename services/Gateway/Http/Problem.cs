using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Ingest.Gateway.Http;

/// <summary>Why a request was not done, as problem details (RFC 9457) whose title is the status's own.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What, where, and what to do.</param>
internal sealed partial record Problem(int Status, string Detail)
{
    private static readonly ProblemJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // It is read on terminals, and is no part of a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public string Title => ReasonPhrases.GetReasonPhrase(Status);

    /// <summary>Lines that are safe all the same, from the first on; null where none was looked at.</summary>
    public long? Lines { get; init; }

    /// <summary>Bytes of those lines, after decompression.</summary>
    public long? Bytes { get; init; }

    /// <summary>When to try again.</summary>
    [JsonIgnore]
    public int? RetryAfterSeconds { get; init; }

    public Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        if (RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = $"{seconds}";
        var body = JsonSerializer.SerializeToUtf8Bytes(this, Json.Problem);
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, cancellationToken).AsTask();
    }

    [JsonSerializable(typeof(Problem))]
    private sealed partial class ProblemJson : JsonSerializerContext;
}
