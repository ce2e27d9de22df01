using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ingest.Pipelines;

/// <summary>The one spelling of a string in a path, an expression or a message: JSON's, with double quotes.</summary>
internal static class QuotedText
{
    // Readable for other alphabets too; what comes out is never put into HTML.
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(string text) => JsonSerializer.Serialize(text, Relaxed);
}
