using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingest.Pipelines.Scanning;

/// <summary>
/// <c>true</c>, <c>false</c> and <c>null</c> (RFC 8259, section 3), found by their first letter without a branch: which
/// of them a member has is often chance, which processors cannot foretell.
/// </summary>
internal readonly struct LiteralName
{
    private const ulong None = 0;
    private const ulong True = 't' | (4 << 8) | ((ulong)JsonKind.True << 16) | ('t' | ('r' << 8) | ('u' << 16) | ((ulong)'e' << 24)) << 32;
    private const ulong False = 'f' | (5 << 8) | ((ulong)JsonKind.False << 16) | ('a' | ('l' << 8) | ('s' << 16) | ((ulong)'e' << 24)) << 32;
    private const ulong Null = 'n' | (4 << 8) | ((ulong)JsonKind.Null << 16) | ('n' | ('u' << 8) | ('l' << 16) | ((ulong)'l' << 24)) << 32;

    private readonly ulong _packed;

    private LiteralName(ulong packed) => _packed = packed;

    /// <summary>By the low four bits of the first letter. Constants, so that nothing has to be seen to before a look.</summary>
    private static ReadOnlySpan<ulong> ByLowBits => [None, None, None, None, True, None, False, None, None, None, None, None, None, None, Null, None];

    /// <summary>Its first letter.</summary>
    public byte First => (byte)_packed;

    /// <summary>Its letters.</summary>
    public int Length => (byte)(_packed >> 8);

    /// <summary>What it is.</summary>
    public JsonKind Kind => (JsonKind)(byte)(_packed >> 16);

    /// <summary>Its last four letters as a little-endian number.</summary>
    public uint LastFour => (uint)(_packed >> 32);

    /// <summary>The only one that could begin with this byte; see whether it does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LiteralName Starting(byte first) => new(Unsafe.Add(ref MemoryMarshal.GetReference(ByLowBits), first & 0xF));
}
