using System.Runtime.CompilerServices;

namespace Ingest.Pipelines.Scanning;

/// <summary>The grammar of numbers (RFC 8259, section 6).</summary>
internal static class JsonNumber
{
    /// <summary>Where the number ends that begins here, or a negative number. Something that is no digit must follow.</summary>
    public static int End(ref byte line, int place)
    {
        if (At(ref line, place) == '-')
            place++;
        if (At(ref line, place) == '0')
            place++;
        else if (!SkipDigits(ref line, ref place))
            return -1;

        if (At(ref line, place) == '.')
        {
            place++;
            if (!SkipDigits(ref line, ref place))
                return -1;
        }

        if ((At(ref line, place) | 0x20) == 'e')
        {
            place++;
            if (At(ref line, place) is (byte)'+' or (byte)'-')
                place++;
            if (!SkipDigits(ref line, ref place))
                return -1;
        }

        return place;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool SkipDigits(ref byte line, ref int place)
    {
        var start = place;
        while ((uint)(At(ref line, place) - '0') <= 9)
            place++;
        return place > start;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte At(ref byte line, int place) => Unsafe.Add(ref line, (uint)place);
}
