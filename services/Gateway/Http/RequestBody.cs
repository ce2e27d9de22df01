using Ingest.Pipelines.Definition;
using Microsoft.AspNetCore.Http;

namespace Ingest.Gateway.Http;

/// <summary>How a request's body is compressed, by its <c>Content-Encoding</c> (RFC 9110, section 8.4).</summary>
internal static class RequestBody
{
    /// <summary>What is understood, for <c>Accept-Encoding</c> in the answer to anything else (RFC 9110, section 15.5.16).</summary>
    public const string Encodings = "gzip, zstd, xz, bzip2, lz4, identity";

    /// <param name="request">The request.</param>
    /// <param name="encoding">What the header says; null where it says nothing, and the definition decides.</param>
    /// <returns>False for an encoding that is not understood.</returns>
    public static bool TryReadEncoding(HttpRequest request, out Decompression? encoding)
    {
        encoding = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => Decompression.Gzip,
            "zstd" => Decompression.Zstd,
            "xz" => Decompression.Xz,
            "bzip2" => Decompression.Bzip2,
            "lz4" => Decompression.Lz4,
            _ => null,
        };
        return encoding is not null || request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() is "" or "identity";
    }
}
