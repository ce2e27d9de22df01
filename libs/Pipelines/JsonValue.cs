namespace Ingest.Pipelines;

public enum JsonKind : byte
{
    Missing,
    Null,
    False,
    True,
    Number,
    String,
    Object,
    Array,
}

/// <summary>One value of a line, as it stands there: valid JSON and valid UTF-8, checked before it comes here.</summary>
/// <param name="kind">What it is; <see cref="JsonKind.Missing"/> when the line has no such member.</param>
/// <param name="raw">
/// A string's bytes between the quotes with their escapes, a number's spelling, an object's or array's whole text;
/// empty for the other kinds.
/// </param>
/// <param name="escaped">True when a string's bytes hold a backslash.</param>
public readonly ref struct JsonValue(JsonKind kind, ReadOnlySpan<byte> raw, bool escaped)
{
    public JsonKind Kind { get; } = kind;

    public ReadOnlySpan<byte> Raw { get; } = raw;

    public bool Escaped { get; } = escaped;

    public bool IsMissingOrNull => Kind <= JsonKind.Null;
}
