using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingest.Pipelines.Scanning;

/// <summary>
/// <c>true</c>, <c>false</c> and <c>null</c> (RFC 8259, section 3), found by their first letter without a branch: which
/// of them a member has is often chance, which processors cannot foretell.
/// </summary>
/// <param name="First">Its first letter.</param>
/// <param name="Length">Its letters.</param>
/// <param name="Kind">What it is.</param>
/// <param name="LastFour">Its last four letters as a little-endian number.</param>
internal readonly record struct LiteralName(byte First, byte Length, JsonKind Kind, uint LastFour)
{
    private static readonly LiteralName[] ByLowBits = CreateTable();

    /// <summary>The only one that could begin with this byte; see whether it does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref readonly LiteralName Starting(byte first) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(ByLowBits), first & 0xF);

    private static LiteralName[] CreateTable()
    {
        var table = new LiteralName[16];
        foreach (var literal in (LiteralName[])[Of("true"u8, JsonKind.True), Of("false"u8, JsonKind.False), Of("null"u8, JsonKind.Null)])
            table[literal.First & 0xF] = literal;
        return table;
    }

    private static LiteralName Of(ReadOnlySpan<byte> text, JsonKind kind) =>
        new(text[0], (byte)text.Length, kind, MemoryMarshal.Read<uint>(text[^4..]));
}
