using System.Buffers.Text;
using System.Text;
using Ingest.Pipelines.Values;

namespace Ingest.Pipelines.Compiled;

/// <summary>
/// One side of a comparison, made ready: strings compare by their UTF-8 bytes, numbers by their value (exactly where
/// both are 64-bit integers, otherwise as IEEE 754 doubles), booleans only for equality.
/// </summary>
internal sealed class Comparand
{
    /// <summary>Not equal, and neither smaller nor larger.</summary>
    public const int Unordered = int.MaxValue;

    private readonly JsonKind _kind;
    private readonly byte[] _text;
    private readonly long? _integer;
    private readonly double _number;

    /// <param name="kind">A string, a number or a boolean.</param>
    /// <param name="text">The string's characters or the number's spelling in UTF-8.</param>
    public Comparand(JsonKind kind, byte[] text)
    {
        (_kind, _text) = (kind, text);
        if (kind == JsonKind.Number)
            (_integer, _number) = Parse(text);
    }

    public static Comparand Of(Where.Literal literal) => new(literal.Kind, Encoding.UTF8.GetBytes(literal.Text));

    /// <summary>Null for what compares with nothing: missing, null, objects, arrays.</summary>
    public static Comparand? Of(in JsonValue value) => value.Kind switch
    {
        JsonKind.String => new(JsonKind.String, value.Escaped ? Unescape(value.Raw) : value.Raw.ToArray()),
        JsonKind.Number or JsonKind.True or JsonKind.False => new(value.Kind, value.Raw.ToArray()),
        _ => null,
    };

    /// <returns>How the value lies to this one, or null when it is missing, null or of another type.</returns>
    public int? Compare(in JsonValue value)
    {
        switch (_kind)
        {
            case JsonKind.String when value.Kind == JsonKind.String:
                return value.Escaped
                    ? Unescape(value.Raw).AsSpan().SequenceCompareTo(_text)
                    : value.Raw.SequenceCompareTo(_text);
            case JsonKind.Number when value.Kind == JsonKind.Number:
                return CompareNumber(value.Raw);
            case JsonKind.True or JsonKind.False when value.Kind is JsonKind.True or JsonKind.False:
                return value.Kind == _kind ? 0 : Unordered;
            default:
                return null;
        }
    }

    public bool Equals(in JsonValue value) => _kind switch
    {
        JsonKind.String => value.Kind == JsonKind.String && JsonText.Equals(value.Raw, value.Escaped, _text),
        JsonKind.Number => value.Kind == JsonKind.Number && CompareNumber(value.Raw) == 0,
        _ => value.Kind == _kind,
    };

    private int CompareNumber(ReadOnlySpan<byte> spelling)
    {
        var (integer, number) = Parse(spelling);
        return integer is { } whole && _integer is { } other ? whole.CompareTo(other) : number.CompareTo(_number);
    }

    private static byte[] Unescape(ReadOnlySpan<byte> raw)
    {
        var text = new byte[raw.Length];
        var repaired = 0;
        return text[..JsonText.Unescape(raw, text, ref repaired)];
    }

    private static (long? Integer, double Number) Parse(ReadOnlySpan<byte> spelling)
    {
        if (Utf8Parser.TryParse(spelling, out long integer, out var used) && used == spelling.Length)
            return (integer, integer);
        return (null, double.Parse(spelling, System.Globalization.CultureInfo.InvariantCulture));
    }
}
