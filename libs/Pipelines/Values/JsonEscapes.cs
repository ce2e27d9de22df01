using System.Globalization;

namespace Ingest.Pipelines.Values;

/// <summary>Reads and writes the escapes inside JSON strings.</summary>
internal static class JsonEscapes
{
    /// <summary>What stands for a character that PostgreSQL cannot store.</summary>
    public const int Replacement = 0xFFFD;

    private const int UnicodeEscapeBytes = 6;

    /// <summary>
    /// The character that the escape at <paramref name="at"/> means. U+0000 and half a surrogate pair give
    /// <see cref="Replacement"/> and count as repaired.
    /// </summary>
    /// <param name="length">The escape's bytes; for a surrogate pair those of both escapes.</param>
    public static int Read(ReadOnlySpan<byte> raw, int at, out int length, ref int repaired)
    {
        length = 2;
        switch (raw[at + 1])
        {
            case (byte)'b':
                return '\b';
            case (byte)'f':
                return '\f';
            case (byte)'n':
                return '\n';
            case (byte)'r':
                return '\r';
            case (byte)'t':
                return '\t';
            case (byte)'u':
                break;
            default:
                return raw[at + 1];
        }

        length = UnicodeEscapeBytes;
        var unit = ReadUnit(raw, at);
        if (unit != 0 && !char.IsSurrogate(unit))
            return unit;
        var next = at + UnicodeEscapeBytes;
        if (char.IsHighSurrogate(unit) && raw.Length >= next + UnicodeEscapeBytes && raw[next] == '\\' && raw[next + 1] == 'u')
        {
            var low = ReadUnit(raw, next);
            if (char.IsLowSurrogate(low))
            {
                length = 2 * UnicodeEscapeBytes;
                return char.ConvertToUtf32(unit, low);
            }
        }

        repaired++;
        return Replacement;
    }

    /// <summary>A character as PostgreSQL's <c>escape_json</c> writes it; at most six bytes.</summary>
    public static int Write(int character, Span<byte> destination)
    {
        var letter = character switch
        {
            '\b' => 'b',
            '\f' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '"' => '"',
            '\\' => '\\',
            _ => '\0',
        };
        if (letter != '\0')
        {
            destination[0] = (byte)'\\';
            destination[1] = (byte)letter;
            return 2;
        }

        if (character >= ' ')
            return new System.Text.Rune(character).EncodeToUtf8(destination);
        "\\u00"u8.CopyTo(destination);
        character.TryFormat(destination[4..], out _, "x2", CultureInfo.InvariantCulture);
        return UnicodeEscapeBytes;
    }

    private static char ReadUnit(ReadOnlySpan<byte> raw, int at) =>
        (char)ushort.Parse(raw.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
