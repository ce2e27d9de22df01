using Ingest.Gateway.Framing;
using Ingest.Pipelines.Definition;
using Microsoft.AspNetCore.Http;

namespace Ingest.Gateway.Http;

/// <summary>
/// What a request says of its source: a name, which is for people only, and a key, under which the same bytes can be
/// sent again without being written twice.
/// </summary>
internal static class SourceNaming
{
    private const int LongestName = 256;

    /// <param name="request">It names its source as <c>source</c> or <c>Ingest-Source</c>, its key as <c>idempotency_key</c> or <c>Idempotency-Key</c>.</param>
    /// <param name="pipeline">What the lines are for.</param>
    /// <param name="address">What a source without a name is called.</param>
    /// <param name="fault">What is wrong with them, where null is returned.</param>
    public static Source? Read(HttpRequest request, PipelineDefinition pipeline, string address, out string? fault)
    {
        fault = null;
        var name = Value(request, "source", "Ingest-Source", "source name", ref fault);
        var key = Value(request, "idempotency_key", "Idempotency-Key", "idempotency key", ref fault);
        // The header's draft writes it as a string in quotes.
        if (key is ['"', _, .., '"'])
            key = key[1..^1];
        fault ??= FaultOf("source name", name) ?? FaultOf("idempotency key", key);
        if (fault is not null)
            return null;
        return key is null
            ? Source.Live(name ?? address, pipeline)
            : Source.Replay($"idempotency key {key}", pipeline) with { Name = name ?? key };
    }

    /// <summary>Of several values none is the one that was meant, and without its key a body that is sent again would be written twice.</summary>
    private static string? Value(HttpRequest request, string parameter, string header, string what, ref string? fault)
    {
        var values = request.Query[parameter] is { Count: > 0 } given ? given : request.Headers[header];
        if (values.Count > 1)
            fault ??= $"The {what} is given {values.Count} times; give it once.";
        return values is [var value] ? value : null;
    }

    private static string? FaultOf(string what, string? value) =>
        value is null || (value.Length is > 0 and <= LongestName && !value.Any(char.IsControl))
            ? null
            : $"The {what} must have 1 to {LongestName} characters, none of them a control character.";
}
