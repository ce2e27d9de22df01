namespace Ingest.Pipelines.Scanning;

/// <summary>Escapes in JSON strings (RFC 8259, section 7).</summary>
internal static class Escapes
{
    private const int HexDigits = 4;

    /// <summary>Whether what stands here, behind a backslash, is an escape.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text, int place)
    {
        switch (text[place])
        {
            case (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t':
                return true;
            case (byte)'u':
                if (text.Length - place <= HexDigits)
                    return false;
                for (var i = 1; i <= HexDigits; i++)
                {
                    if (!char.IsAsciiHexDigit((char)text[place + i]))
                        return false;
                }

                return true;
            default:
                return false;
        }
    }
}
