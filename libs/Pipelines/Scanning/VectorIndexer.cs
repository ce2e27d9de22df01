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
/// <typeparam name="TBlock">How its vectors hold a block.</typeparam>
internal static class VectorIndexer<TBlock>
    where TBlock : struct, IBlock<TBlock>
{
    private const int BlockBytes = 64;
    private const ulong OddBits = 0xAAAA_AAAA_AAAA_AAAA;

    /// <param name="text">Begins with the line and holds its LF.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Index(ReadOnlySpan<byte> text, LineIndex index)
    {
        var pass = default(Pass);
        do
        {
            TakePlainBlocks(text, index, ref pass);
            index.Grow(pass.Count, pass.At / BlockBytes);
        }
        while (!TakeBlock(text, index, ref pass));
    }

    /// <summary>
    /// Takes blocks up to one that has a control character, as the line's end is one, or lacks room. Nearly all the time
    /// is spent here, so that it calls nothing: all that it knows stays in registers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void TakePlainBlocks(ReadOnlySpan<byte> text, LineIndex index, ref Pass pass)
    {
        ref var start = ref MemoryMarshal.GetReference(text);
        ref var tokens = ref MemoryMarshal.GetArrayDataReference(index.Tokens);
        ref var backslashes = ref MemoryMarshal.GetArrayDataReference(index.Backslashes);
        var (at, count, room, last) = (pass.At, pass.Count, index.Room, Math.Min(text.Length, index.Backslashes.Length * BlockBytes) - BlockBytes);
        var (inString, escape, scalar, anyBackslash, highs) = (pass.InString, pass.Escape, pass.Scalar, pass.Backslash, pass.Highs);
        for (; at <= last && count <= room; at += BlockBytes)
        {
            var block = TBlock.Load(ref Unsafe.Add(ref start, at));
            if (block.HasControls)
                break;
            var backslash = block.Equal((byte)'\\');
            Unsafe.Add(ref backslashes, at / BlockBytes) = backslash;
            anyBackslash |= backslash;
            highs |= block.Highs;
            var quotes = block.Equal((byte)'"');
            if ((backslash | escape) != 0)
                quotes &= ~Escaped(backslash, ref escape);
            var found = Tokens(quotes, block.Gaps, block.Brackets, ref inString, ref scalar, out _);
            TBlock.Flatten(ref Unsafe.Add(ref tokens, count), at, found);
            count += BitOperations.PopCount(found);
        }

        (pass.At, pass.Count) = (at, count);
        (pass.InString, pass.Escape, pass.Scalar, pass.Backslash, pass.Highs) = (inString, escape, scalar, anyBackslash, highs);
    }

    /// <summary>Takes a block of any kind, and says whether the line ends in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TakeBlock(ReadOnlySpan<byte> text, LineIndex index, ref Pass pass)
    {
        var at = pass.At;
        var block = TBlock.Load(ref text.Length - at < BlockBytes ? ref index.Pad(text[at..]) : ref Unsafe.Add(ref MemoryMarshal.GetReference(text), at));
        var lineEnds = block.Equal((byte)'\n');
        var ends = lineEnds != 0;
        var line = ends ? (lineEnds & (0 - lineEnds)) - 1 : ulong.MaxValue;

        var backslash = block.Equal((byte)'\\');
        index.Backslashes[at / BlockBytes] = backslash;
        pass.Backslash |= backslash & line;
        var quotes = block.Equal((byte)'"') & ~Escaped(backslash, ref pass.Escape);
        var gaps = block.Gaps;
        var found = Tokens(quotes, gaps, block.Brackets, ref pass.InString, ref pass.Scalar, out var inString) & line;
        TBlock.Flatten(ref index.Tokens[pass.Count], at, found);
        pass.Count += BitOperations.PopCount(found);

        pass.Bad |= block.Controls & line & (inString | ~gaps);
        pass.At = at + BlockBytes;
        if (!ends)
        {
            pass.Highs |= block.Highs;
            return false;
        }

        index.Count = pass.Count;
        index.Seal(at + BitOperations.PopCount(line));
        index.HasBackslash = pass.Backslash != 0;
        index.IsAscii = (pass.Highs.ExtractMostSignificantBits() | (block.High & line)) == 0;
        // In a string at the line's end.
        pass.Bad |= inString & ~line & (line + 1);
        index.IsSound = pass.Bad == 0 && (pass.Backslash == 0 || EscapesAreValid(text[..index.End], index.Backslashes));
        return true;
    }

    /// <summary>Where tokens begin in a block.</summary>
    /// <param name="quotes">Those that no backslash escapes.</param>
    /// <param name="gaps">White space, commas and colons.</param>
    /// <param name="brackets">Brackets and braces.</param>
    /// <param name="inStringBefore">All ones where the block before ends in a string.</param>
    /// <param name="scalarBefore">One where it ends in what is neither gap, bracket nor quote.</param>
    /// <param name="inString">What is in strings, opening quotes included.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Tokens(ulong quotes, ulong gaps, ulong brackets, ref ulong inStringBefore, ref ulong scalarBefore, out ulong inString)
    {
        inString = PrefixXor(quotes) ^ inStringBefore;
        inStringBefore = (ulong)((long)inString >> 63);
        var scalars = ~(gaps | brackets);
        var bare = scalars & ~quotes;
        var starts = scalars & ~((bare << 1) | scalarBefore);
        scalarBefore = bare >> 63;
        return (brackets | starts) & ~(inString ^ quotes);
    }

    /// <summary>Bit i becomes the parity of bits 0 to i: a product with all ones, without carries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PrefixXor(ulong bits) =>
        Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(bits), Vector128<ulong>.AllBitsSet, 0).ToScalar();

    /// <summary>
    /// The bytes that a backslash escapes: those after an odd run of them. Subtracting from the odd bits flips the bits
    /// of each run, which ends an even or an odd number of places from where it began.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Escaped(ulong backslash, ref ulong escapeBefore)
    {
        var opening = backslash & ~escapeBefore;
        var codes = (((opening << 1) | OddBits) - opening) ^ OddBits;
        var escaped = codes ^ (backslash | escapeBefore);
        escapeBefore = (codes & backslash) >> 63;
        return escaped;
    }

    /// <param name="line">Without its LF.</param>
    /// <param name="backslashes">A bit for each of its bytes.</param>
    private static bool EscapesAreValid(ReadOnlySpan<byte> line, ulong[] backslashes)
    {
        ulong escapeBefore = 0;
        for (var at = 0; at < line.Length; at += BlockBytes)
        {
            var backslash = backslashes[at / BlockBytes];
            if ((backslash | escapeBefore) == 0)
                continue;
            for (var escaped = Escaped(backslash, ref escapeBefore); escaped != 0; escaped &= escaped - 1)
            {
                var place = at + BitOperations.TrailingZeroCount(escaped);
                if (place < line.Length && !Escapes.IsValid(line, place))
                    return false;
            }
        }

        return true;
    }

    /// <summary>What is known of a line's blocks so far.</summary>
    private struct Pass
    {
        /// <summary>Where the next block begins.</summary>
        public int At;

        /// <summary>Tokens found.</summary>
        public int Count;

        /// <summary>All ones in a string.</summary>
        public ulong InString;

        /// <summary>One where the next byte is escaped.</summary>
        public ulong Escape;

        /// <summary>One in what is neither gap, bracket nor quote.</summary>
        public ulong Scalar;

        /// <summary>Not zero where there was a control character that may not be.</summary>
        public ulong Bad;

        /// <summary>Not zero where there was a backslash.</summary>
        public ulong Backslash;

        /// <summary>Has a byte above 0x7F where a block had one.</summary>
        public Vector256<byte> Highs;
    }
}
