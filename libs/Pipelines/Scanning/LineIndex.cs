using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingest.Pipelines.Scanning;

/// <summary>
/// What the first pass over a line finds: where it ends, where its tokens begin, and what can be told of its bytes
/// without their meaning. One is filled again for each line.
/// </summary>
internal sealed class LineIndex
{
    /// <summary>Places after the last token that can be read without looking: all hold the line's end.</summary>
    public const int Sentinels = 8;

    private const int BlockBytes = 64;

    /// <summary>More tokens than a usual batch's longest line has.</summary>
    private const int UsualTokens = 4096;

    /// <summary>
    /// Places, from the line's first byte, of every opening quote, every bracket and brace outside strings, and the
    /// first byte of everything else outside strings that is neither white space, comma nor colon.
    /// </summary>
    public int[] Tokens = new int[UsualTokens];

    /// <summary>A bit for each byte of the line that is a backslash.</summary>
    public ulong[] Backslashes = new ulong[UsualTokens];

    /// <summary>How many tokens there are.</summary>
    public int Count;

    /// <summary>Where the LF stands, which is the line's length with a CR before it.</summary>
    public int End;

    public bool HasBackslash;

    /// <summary>No byte is above 0x7F.</summary>
    public bool IsAscii;

    /// <summary>
    /// Strings end, escapes are ones that JSON has, and control characters are white space between tokens.
    /// </summary>
    public bool IsSound;

    /// <summary>Only white space.</summary>
    public bool IsBlank => Count == 0;

    private readonly byte[] _padded = new byte[BlockBytes];

    /// <summary>Up to how many tokens another block of them fits.</summary>
    public int Room => Tokens.Length - BlockBytes - Sentinels;

    /// <summary>Makes room for another block, where either array has none.</summary>
    /// <param name="count">Tokens so far.</param>
    /// <param name="block">The block that comes next.</param>
    public void Grow(int count, int block)
    {
        if (count > Room)
            Array.Resize(ref Tokens, Tokens.Length * 2);
        if (block >= Backslashes.Length)
            Array.Resize(ref Backslashes, Backslashes.Length * 2);
    }

    /// <summary>The end of a text, filled up to a block.</summary>
    public ref byte Pad(ReadOnlySpan<byte> rest)
    {
        _padded.AsSpan().Clear();
        rest.CopyTo(_padded);
        return ref _padded[0];
    }

    /// <summary>Ends the index at the line's end.</summary>
    public void Seal(int end)
    {
        End = end;
        Tokens.AsSpan(Count, Sentinels).Fill(end);
    }

    /// <summary>Whether a backslash stands in a part of the line, or near it: false is certain, and quickly known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayHaveBackslashIn(int start, int end)
    {
        ref var bits = ref MemoryMarshal.GetArrayDataReference(Backslashes);
        return HasBackslash
            && (end - start > BlockBytes || (Unsafe.Add(ref bits, (uint)start >> 6) | Unsafe.Add(ref bits, (uint)end >> 6)) != 0);
    }

    /// <summary>Whether a backslash stands in a part of the line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool HasBackslashIn(int start, int end)
    {
        if (!MayHaveBackslashIn(start, end))
            return false;
        var (first, last) = (start / BlockBytes, end / BlockBytes);
        var bits = Backslashes[first] & (ulong.MaxValue << start);
        for (var block = first; block < last; bits = Backslashes[++block])
        {
            if (bits != 0)
                return true;
        }

        return (bits & ((1UL << end) - 1)) != 0;
    }
}
