using System.Globalization;
using System.Text;

namespace Ingest.Pipelines;

/// <summary>A way from a line's object to one value: member names and array indexes.</summary>
public sealed record JsonPath(IReadOnlyList<JsonPathStep> Steps)
{
    /// <summary>The path's spelling in a definition; the same for every path that means the same.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var step in Steps)
        {
            if (step.Name is null)
                text.Append(CultureInfo.InvariantCulture, $"[{step.Index}]");
            else if (!IsIdentifier(step.Name) || (text.Length == 0 && IsReserved(step.Name)))
                text.Append('[').Append(QuotedText.Of(step.Name)).Append(']');
            else
                text.Append(text.Length > 0 ? "." : "").Append(step.Name);
        }

        return text.ToString();
    }

    public bool Equals(JsonPath? other) => other is not null && Steps.SequenceEqual(other.Steps);

    public override int GetHashCode() => Steps.Aggregate(0, (hash, step) => HashCode.Combine(hash, step));

    internal static bool IsIdentifier(string name) =>
        name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_') && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>Words that mean something else at the start of a path in an expression, in any case of letters.</summary>
    internal static bool IsReserved(string name) => name.ToUpperInvariant() is "TRUE" or "FALSE" or "NULL" or "IN";
}

/// <summary>A member of an object by its name, or, where the name is null, an element of an array by its index from 0.</summary>
public readonly record struct JsonPathStep(string? Name, int Index)
{
    public static JsonPathStep Member(string name) => new(name, 0);

    public static JsonPathStep Element(int index) => new(null, index);
}
