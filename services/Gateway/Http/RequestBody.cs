using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace Ingest.Gateway.Http;

/// <summary>Opens a request's body as the lines that were sent: the one place where <c>Content-Encoding</c> is undone.</summary>
internal static class RequestBody
{
    /// <summary>What is understood, for <c>Accept-Encoding</c> in the answer to anything else (RFC 9110, section 15.5.16).</summary>
    public const string Encodings = "gzip, identity";

    /// <returns>The body's bytes, decoded as they are read; null for an encoding that is not understood.</returns>
    public static Stream? Open(HttpRequest request) => request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
    {
        "" or "identity" => request.Body,
        "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
        _ => null,
    };
}
