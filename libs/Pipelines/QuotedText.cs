using System.Text.Encodings.Web;

namespace Ingest.Pipelines;

/// <summary>The one spelling of a string in a path, an expression or a message: JSON's, with double quotes.</summary>
internal static class QuotedText
{
    // Readable for other alphabets too; what comes out is never put into HTML.
    public static string Of(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
}
