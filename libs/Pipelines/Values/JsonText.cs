using System.Text;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>
/// The characters of JSON strings. Raw means the bytes between the quotes as the line has them; what comes out is
/// UTF-8 without escapes, in which U+0000 and lone surrogates have become U+FFFD.
/// </summary>
public static class JsonText
{
    /// <summary>Unescapes a raw string; returns the bytes written, at most as many as the raw ones.</summary>
    /// <param name="raw">The string.</param>
    /// <param name="destination">At least as long as <paramref name="raw"/>; may not overlap it.</param>
    /// <param name="repaired">Raised by one for each U+FFFD put in.</param>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> destination, ref int repaired)
    {
        var written = 0;
        while (true)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0)
            {
                raw.CopyTo(destination[written..]);
                return written + raw.Length;
            }

            raw[..plain].CopyTo(destination[written..]);
            written += plain;
            var character = JsonEscapes.Read(raw, plain, out var length, ref repaired);
            written += new Rune(character).EncodeToUtf8(destination[written..]);
            raw = raw[(plain + length)..];
        }
    }

    /// <summary>Unescapes a raw string and appends it to the field begun last.</summary>
    public static void AppendUnescaped(ReadOnlySpan<byte> raw, TupleWriter writer, ref int repaired) =>
        writer.Advance(Unescape(raw, writer.GetSpan(raw.Length), ref repaired));

    /// <summary>Whether a raw string means the given characters; allocates nothing.</summary>
    /// <param name="escaped">True when <paramref name="raw"/> holds a backslash.</param>
    public static bool Equals(ReadOnlySpan<byte> raw, bool escaped, ReadOnlySpan<byte> utf8)
    {
        if (!escaped)
            return raw.SequenceEqual(utf8);
        var repaired = 0;
        Span<byte> encoded = stackalloc byte[4];
        while (true)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0)
                return raw.SequenceEqual(utf8);
            if (!utf8.StartsWith(raw[..plain]))
                return false;
            var character = JsonEscapes.Read(raw, plain, out var length, ref repaired);
            raw = raw[(plain + length)..];
            utf8 = utf8[plain..];
            var bytes = new Rune(character).EncodeToUtf8(encoded);
            if (!utf8.StartsWith(encoded[..bytes]))
                return false;
            utf8 = utf8[bytes..];
        }
    }

    /// <summary>How many Unicode code points valid UTF-8 holds.</summary>
    public static int CountCodePoints(ReadOnlySpan<byte> utf8)
    {
        if (Ascii.IsValid(utf8))
            return utf8.Length;
        var count = 0;
        foreach (var unit in utf8)
            count += (unit & 0xC0) == 0x80 ? 0 : 1;
        return count;
    }

    /// <summary>Valid UTF-8 without the Unicode white space (<see cref="char.IsWhiteSpace(char)"/>) at its ends.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> utf8)
    {
        while (utf8.Length > 0)
        {
            Rune.DecodeFromUtf8(utf8, out var first, out var length);
            if (!Rune.IsWhiteSpace(first))
                break;
            utf8 = utf8[length..];
        }

        while (utf8.Length > 0)
        {
            Rune.DecodeLastFromUtf8(utf8, out var last, out var length);
            if (!Rune.IsWhiteSpace(last))
                break;
            utf8 = utf8[..^length];
        }

        return utf8;
    }
}
