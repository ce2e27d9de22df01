using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ingest.Pipelines.Scanning;

/// <summary>64 bytes in two vectors.</summary>
internal readonly struct Block256(Vector256<byte> first, Vector256<byte> second) : IBlock<Block256>
{
    private readonly Vector256<byte> _first = first;
    private readonly Vector256<byte> _second = second;

    public static bool IsSupported => Avx2.IsSupported && Pclmulqdq.IsSupported && Bmi1.X64.IsSupported && Popcnt.X64.IsSupported;

    public ulong Gaps
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var gaps = Twice(JsonBytes.Gaps);
            return Bits(Vector256.Equals(Avx2.Shuffle(gaps, _first), _first), Vector256.Equals(Avx2.Shuffle(gaps, _second), _second));
        }
    }

    public ulong Brackets
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var braces = Twice(JsonBytes.Braces);
            var bit5 = Vector256.Create((byte)0x20);
            return Bits(
                Vector256.Equals(Avx2.Shuffle(braces, _first), _first | bit5),
                Vector256.Equals(Avx2.Shuffle(braces, _second), _second | bit5));
        }
    }

    public ulong Controls
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Bits(Control(_first), Control(_second));
    }

    public bool HasControls
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Control(_first) | Control(_second)) != Vector256<byte>.Zero;
    }

    public Vector256<byte> Highs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _first | _second;
    }

    public ulong High
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Bits(_first, _second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Block256 Load(ref byte first) =>
        new(Vector256.LoadUnsafe(ref first), Vector256.LoadUnsafe(ref first, (nuint)Vector256<byte>.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Equal(byte value) =>
        Bits(Vector256.Equals(_first, Vector256.Create(value)), Vector256.Equals(_second, Vector256.Create(value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Flatten(ref int places, int at, ulong bits)
    {
        // Eight at a time, so that the number of turns can be foretold.
        do
        {
            places = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref places, 1) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref places, 2) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref places, 3) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref places, 4) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref places, 5) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref places, 6) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref places, 7) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            places = ref Unsafe.Add(ref places, 8);
        }
        while (bits != 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Control(Vector256<byte> bytes) =>
        Vector256.Equals(Vector256.Min(bytes, Vector256.Create((byte)0x1F)), bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(Vector256<byte> first, Vector256<byte> second) =>
        first.ExtractMostSignificantBits() | ((ulong)second.ExtractMostSignificantBits() << 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Twice(ReadOnlySpan<byte> table) => Vector256.Create(Vector128.Create(table), Vector128.Create(table));
}
