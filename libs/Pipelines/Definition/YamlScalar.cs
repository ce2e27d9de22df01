using System.Text;
using System.Text.RegularExpressions;
using Ingest.Pipelines.Where;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ingest.Pipelines.Definition;

/// <summary>What a scalar means by the core schema of YAML 1.2 (section 10.3): quoted it is always a string.</summary>
internal static partial class YamlScalar
{
    public static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    /// <summary>The scalar as a JSON value, or null and a reason when JSON has no such value.</summary>
    public static JsonLiteral? ToLiteral(YamlScalarNode scalar, out string? fault)
    {
        fault = null;
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain)
            return Literal(JsonKind.String, text);

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return Literal(JsonKind.Null, "");
            case "true" or "True" or "TRUE":
                return Literal(JsonKind.True, "");
            case "false" or "False" or "FALSE":
                return Literal(JsonKind.False, "");
        }

        if (!Number.IsMatch(text))
            return Literal(JsonKind.String, text);
        if (JsonNumber(text) is { } number)
            return Literal(JsonKind.Number, number);
        fault = $"{text} could be a number or a text; write a number as JSON does, such as 7 or 0.5, or put a text in quotes: {QuoteAdvice.Quote(text)}";
        return null;
    }

    /// <summary>JSON knows neither a plus sign nor a missing digit beside the point.</summary>
    private static string? JsonNumber(string text)
    {
        var number = text.TrimStart('+');
        number = LeadingPoint.Replace(number, "${sign}0.");
        number = TrailingPoint.Replace(number, "${digits}");
        return NumberLiteral.IsValid(number) ? number : null;
    }

    private static JsonLiteral Literal(JsonKind kind, string text) => new(kind, Encoding.UTF8.GetBytes(text));

    // Integers also in octal and hexadecimal, infinities and NaN: numbers in YAML that JSON cannot spell.
    [GeneratedRegex(@"\A([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z")]
    private static partial Regex Number { get; }

    [GeneratedRegex(@"\A(?<sign>-?)\.")]
    private static partial Regex LeadingPoint { get; }

    [GeneratedRegex(@"(?<digits>[0-9])\.(?![0-9])")]
    private static partial Regex TrailingPoint { get; }
}
