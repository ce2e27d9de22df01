using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ingest.Pipelines.Scanning;

/// <summary>The grammar of numbers (RFC 8259, section 6).</summary>
internal static class JsonNumber
{
    /// <summary>Where the number ends that begins here, or a negative number. Something that is no digit must follow.</summary>
    /// <param name="line">The line's first byte.</param>
    /// <param name="place">Where the number begins.</param>
    /// <param name="lineEnd">Up to where bytes may be read.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int End(ref byte line, int place, int lineEnd)
    {
        if (lineEnd - place < Vector128<byte>.Count)
            return End(ref line, place);
        // Most numbers are nothing but a few digits.
        var count = Digits(ref line, place);
        var next = At(ref line, place + count);
        return next is (byte)',' or (byte)'}' or (byte)']' && count is > 0 and < 16 && (count == 1 || At(ref line, place) != '0')
            ? place + count
            : End(ref line, place);
    }

    /// <summary>Whether a number stands here that is nothing but so many digits: false where it may be, too.</summary>
    /// <param name="line">The line's first byte.</param>
    /// <param name="place">Where the number begins.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="lineEnd">Up to where bytes may be read.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsDigits(ref byte line, int place, int length, int lineEnd) =>
        lineEnd - place >= Vector128<byte>.Count
        && length is > 0 and < 16
        && Digits(ref line, place) == length
        && (length == 1 || At(ref line, place) != '0');

    /// <summary>How many of the next 16 bytes are digits before the first that is none; 16 where all are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Digits(ref byte line, int place)
    {
        var digits = Vector128.LoadUnsafe(ref line, (nuint)place) - Vector128.Create((byte)'0');
        var others = ~Vector128.LessThanOrEqual(digits, Vector128.Create((byte)9)).ExtractMostSignificantBits();
        return BitOperations.TrailingZeroCount(others);
    }

    private static int End(ref byte line, int place)
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
