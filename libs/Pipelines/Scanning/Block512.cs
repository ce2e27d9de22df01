using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ingest.Pipelines.Scanning;

/// <summary>64 bytes in one vector, for processors with AVX-512 that compresses bytes (VBMI2).</summary>
internal readonly struct Block512(Vector512<byte> bytes) : IBlock<Block512>
{
    /// <summary>As many places as a vector holds.</summary>
    private const int Places = 16;

    private readonly Vector512<byte> _bytes = bytes;

    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported && Avx512Vbmi2.IsSupported && Block256.IsSupported;

    public ulong Gaps
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Equals(Avx512BW.Shuffle(FourTimes(JsonBytes.Gaps), _bytes), _bytes).ExtractMostSignificantBits();
    }

    public ulong Brackets
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Equals(Avx512BW.Shuffle(FourTimes(JsonBytes.Braces), _bytes), _bytes | Vector512.Create((byte)0x20)).ExtractMostSignificantBits();
    }

    public ulong Controls
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.LessThan(_bytes, Vector512.Create((byte)0x20)).ExtractMostSignificantBits();
    }

    public bool HasControls
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Controls != 0;
    }

    public ulong High
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _bytes.ExtractMostSignificantBits();
    }

    public Vector256<byte> Highs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _bytes.GetLower() | _bytes.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Block512 Load(ref byte first) => new(Vector512.LoadUnsafe(ref first));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Equal(byte value) => Vector512.Equals(_bytes, Vector512.Create(value)).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Flatten(ref int places, int at, ulong bits)
    {
        // Each byte gets the eight bits of which one is its own.
        var own = Vector512.Create(0x8040_2010_0804_0201UL).AsByte();
        var spread = Avx512BW.Shuffle(
            Vector512.Create(bits).AsByte(),
            Vector512.Create(
                0UL, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303,
                0x0404_0404_0404_0404, 0x0505_0505_0505_0505, 0x0606_0606_0606_0606, 0x0707_0707_0707_0707).AsByte());
        var packed = Avx512Vbmi2.Compress(Vector512<byte>.Zero, Vector512.Equals(spread & own, own), Vector512<byte>.Indices);
        var from = Vector512.Create(at);
        Store(packed.GetLower().GetLower(), from, ref places);
        if (BitOperations.PopCount(bits) <= Places)
            return;
        Store(packed.GetLower().GetUpper(), from, ref Unsafe.Add(ref places, Places));
        Store(packed.GetUpper().GetLower(), from, ref Unsafe.Add(ref places, 2 * Places));
        Store(packed.GetUpper().GetUpper(), from, ref Unsafe.Add(ref places, 3 * Places));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<byte> packed, Vector512<int> from, ref int places) =>
        (Avx512F.ConvertToVector512Int32(packed) + from).StoreUnsafe(ref places);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> FourTimes(ReadOnlySpan<byte> table) => Vector512.Create(Vector128.Create(table));
}
