using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ingest.Pipelines.Scanning;

/// <summary>64 bytes in two vectors. Bit i of an answer is about byte i.</summary>
internal readonly struct Block(Vector256<byte> first, Vector256<byte> second)
{
    private readonly Vector256<byte> _first = first;
    private readonly Vector256<byte> _second = second;

    public static bool IsSupported => Avx2.IsSupported && Pclmulqdq.IsSupported && Bmi1.X64.IsSupported && Popcnt.X64.IsSupported;

    /// <summary>By the low four bits of a byte: the only white space, comma or colon that ends so.</summary>
    private static ReadOnlySpan<byte> GapsByLowBits => " \0\0\0\0\0\0\0\0\t:\0,\r\0\0"u8;

    /// <summary>By the low four bits of a byte: the brace that ends so, which is the bracket with bit 5 set.</summary>
    private static ReadOnlySpan<byte> BracesByLowBits => "\0\0\0\0\0\0\0\0\0\0\0{\0}\0\0"u8;

    /// <summary>White space (but LF), commas and colons.</summary>
    public ulong Gaps
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var gaps = Twice(GapsByLowBits);
            return Bits(Vector256.Equals(Avx2.Shuffle(gaps, _first), _first), Vector256.Equals(Avx2.Shuffle(gaps, _second), _second));
        }
    }

    /// <summary>Brackets and braces.</summary>
    public ulong Brackets
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var braces = Twice(BracesByLowBits);
            var bit5 = Vector256.Create((byte)0x20);
            return Bits(
                Vector256.Equals(Avx2.Shuffle(braces, _first), _first | bit5),
                Vector256.Equals(Avx2.Shuffle(braces, _second), _second | bit5));
        }
    }

    /// <summary>Bytes below 0x20.</summary>
    public ulong Controls
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Bits(Control(_first), Control(_second));
    }

    /// <summary>Whether there is a byte below 0x20: cheaper than which.</summary>
    public bool HasControls
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Control(_first) | Control(_second)) != Vector256<byte>.Zero;
    }

    /// <summary>Has a byte above 0x7F where the block has one in either half.</summary>
    public Vector256<byte> Halves
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _first | _second;
    }

    /// <summary>Bytes above 0x7F.</summary>
    public ulong High
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Bits(_first, _second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Block Load(ref byte first) =>
        new(Vector256.LoadUnsafe(ref first), Vector256.LoadUnsafe(ref first, (nuint)Vector256<byte>.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Equal(byte value) =>
        Bits(Vector256.Equals(_first, Vector256.Create(value)), Vector256.Equals(_second, Vector256.Create(value)));

    /// <summary>Writes the places of the bits, counted from <paramref name="at"/>, and up to eight more behind them.</summary>
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
