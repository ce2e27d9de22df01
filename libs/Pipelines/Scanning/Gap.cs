using System.Runtime.CompilerServices;

namespace Ingest.Pipelines.Scanning;

/// <summary>What lies between tokens when it is not just one comma or colon.</summary>
internal static class Gap
{
    private const int Wrong = -1;

    /// <summary>Only white space.</summary>
    public static bool IsBlank(ref byte line, int from, int to)
    {
        for (; from < to; from++)
        {
            if (!IsSpace(Unsafe.Add(ref line, from)))
                return false;
        }

        return true;
    }

    /// <summary>How many commas, 0 or 1, stand among white space; negative if there is anything else.</summary>
    public static int Commas(ref byte line, int from, int to)
    {
        var commas = 0;
        for (; from < to; from++)
        {
            var b = Unsafe.Add(ref line, from);
            if (b == ',' && commas == 0)
                commas = 1;
            else if (!IsSpace(b))
                return Wrong;
        }

        return commas;
    }

    /// <summary>
    /// Where the string ends (behind its quote) that begins at a token, with white space and at most one separator up to
    /// the next token; for a colon exactly one. Negative if something else lies between.
    /// </summary>
    public static int EndOfString(ref byte line, int start, int next, byte separator)
    {
        var found = false;
        var end = next;
        for (; end > start + 1; end--)
        {
            var b = Unsafe.Add(ref line, end - 1);
            if (b == '"')
                return found || separator == ',' ? end : Wrong;
            if (b == separator && !found)
                found = true;
            else if (!IsSpace(b))
                break;
        }

        return Wrong;
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\r';
}
