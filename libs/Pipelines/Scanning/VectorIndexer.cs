using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ingest.Pipelines.Scanning;

/// <summary>
/// Indexes a line 64 bytes at a time: comparisons make one bit of each byte, and the rest is arithmetic on 64-bit words,
/// after Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019). <see cref="ScalarIndexer"/> is its twin.
/// </summary>
internal static class VectorIndexer
{
    private const int BlockBytes = 64;
    private const ulong OddBits = 0xAAAA_AAAA_AAAA_AAAA;

    /// <param name="text">Begins with the line and holds its LF.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Index(ReadOnlySpan<byte> text, LineIndex index)
    {
        ref var start = ref MemoryMarshal.GetReference(text);
        ref var tokens = ref MemoryMarshal.GetArrayDataReference(index.Tokens);
        ref var backslashes = ref MemoryMarshal.GetArrayDataReference(index.Backslashes);
        var (count, room, blocks) = (0, index.Room, index.Backslashes.Length * BlockBytes);
        ulong inStringBefore = 0, escapeBefore = 0, scalarBefore = 0, bad = 0, anyBackslash = 0;
        var halves = Vector256<byte>.Zero;

        for (var at = 0; ; at += BlockBytes)
        {
            if (count > room || at >= blocks)
            {
                index.Grow(count, at / BlockBytes);
                tokens = ref MemoryMarshal.GetArrayDataReference(index.Tokens);
                backslashes = ref MemoryMarshal.GetArrayDataReference(index.Backslashes);
                (room, blocks) = (index.Room, index.Backslashes.Length * BlockBytes);
            }

            var block = Block.Load(ref text.Length - at < BlockBytes ? ref index.Pad(text[at..]) : ref Unsafe.Add(ref start, at));
            var quotes = block.Equal((byte)'"');
            var backslash = block.Equal((byte)'\\');
            Unsafe.Add(ref backslashes, at / BlockBytes) = backslash;
            ulong escaped = 0;
            if ((backslash | escapeBefore) != 0)
            {
                escaped = Escaped(backslash, ref escapeBefore);
                quotes &= ~escaped;
            }

            var inString = PrefixXor(quotes) ^ inStringBefore;
            inStringBefore = (ulong)((long)inString >> 63);

            var gaps = block.Gaps;
            var brackets = block.Brackets;
            var scalars = ~(gaps | brackets);
            var bare = scalars & ~quotes;
            var starts = scalars & ~((bare << 1) | scalarBefore);
            scalarBefore = bare >> 63;
            var found = (brackets | starts) & ~(inString ^ quotes);

            var line = ulong.MaxValue;
            if (block.HasControls)
            {
                var control = block.Controls;
                var lineEnds = block.Equal((byte)'\n');
                if (lineEnds != 0)
                    line = (lineEnds & (0 - lineEnds)) - 1;
                bad |= control & line & (inString | ~gaps);
                // In a string at the line's end.
                bad |= inString & ~line & (line + 1);
            }

            if ((escaped & line) != 0 && !EscapesAreValid(text[at..], escaped & line))
                bad |= 1;
            anyBackslash |= backslash & line;
            Block.Flatten(ref Unsafe.Add(ref tokens, count), at, found & line);
            count += BitOperations.PopCount(found & line);
            if (line == ulong.MaxValue)
            {
                halves |= block.Halves;
                continue;
            }

            index.Count = count;
            index.Seal(at + BitOperations.PopCount(line));
            index.HasBackslash = anyBackslash != 0;
            index.IsAscii = (halves.ExtractMostSignificantBits() | (block.High & line)) == 0;
            index.IsSound = bad == 0;
            return;
        }
    }

    /// <summary>Bit i becomes the parity of bits 0 to i: a product with all ones, without carries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PrefixXor(ulong bits) =>
        Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(bits), Vector128<ulong>.AllBitsSet, 0).ToScalar();

    /// <summary>
    /// The bytes that a backslash escapes: those after an odd run of them. Subtracting from the odd bits flips the bits
    /// of each run, which ends an even or an odd number of places from where it began.
    /// </summary>
    private static ulong Escaped(ulong backslash, ref ulong escapeBefore)
    {
        var opening = backslash & ~escapeBefore;
        var codes = (((opening << 1) | OddBits) - opening) ^ OddBits;
        var escaped = codes ^ (backslash | escapeBefore);
        escapeBefore = (codes & backslash) >> 63;
        return escaped;
    }

    private static bool EscapesAreValid(ReadOnlySpan<byte> text, ulong escaped)
    {
        for (; escaped != 0; escaped &= escaped - 1)
        {
            if (!Escapes.IsValid(text, BitOperations.TrailingZeroCount(escaped)))
                return false;
        }

        return true;
    }
}
