using System.Text;

namespace Ingest.Pipelines.Values;

/// <summary>The names of what is no number.</summary>
internal static class SpecialNumber
{
    public static bool IsInfinity(ReadOnlySpan<byte> unsigned) =>
        Ascii.EqualsIgnoreCase(unsigned, "infinity"u8) || Ascii.EqualsIgnoreCase(unsigned, "inf"u8);

    public static bool IsNaN(ReadOnlySpan<byte> text) => Ascii.EqualsIgnoreCase(text, "nan"u8);

    /// <summary>Also <c>nan(letters)</c>, which C's <c>strtod</c> reads and PostgreSQL's floats with it.</summary>
    public static bool IsNaNOfC(ReadOnlySpan<byte> unsigned)
    {
        if (unsigned.Length <= 3)
            return IsNaN(unsigned);
        if (unsigned.Length < 5 || !IsNaN(unsigned[..3]) || unsigned[3] != '(' || unsigned[^1] != ')')
            return false;
        foreach (var letter in unsigned[4..^1])
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter != '_')
                return false;
        }

        return true;
    }
}
