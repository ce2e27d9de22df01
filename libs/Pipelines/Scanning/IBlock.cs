using System.Runtime.Intrinsics;

namespace Ingest.Pipelines.Scanning;

/// <summary>64 bytes of a line in vectors. Bit i of an answer is about byte i.</summary>
internal interface IBlock<TSelf>
    where TSelf : struct, IBlock<TSelf>
{
    /// <summary>Whether this processor has what it takes.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>White space (but LF), commas and colons.</summary>
    ulong Gaps { get; }

    /// <summary>Brackets and braces.</summary>
    ulong Brackets { get; }

    /// <summary>Bytes below 0x20.</summary>
    ulong Controls { get; }

    /// <summary>Whether there is a byte below 0x20: cheaper than which.</summary>
    bool HasControls { get; }

    /// <summary>Bytes above 0x7F.</summary>
    ulong High { get; }

    /// <summary>Has a byte above 0x7F where the block has one: cheaper to gather than which.</summary>
    Vector256<byte> Highs { get; }

    /// <param name="first">The first of 64 bytes.</param>
    static abstract TSelf Load(ref byte first);

    /// <summary>Bytes of this value.</summary>
    ulong Equal(byte value);

    /// <summary>Writes the places of the bits, counted from <paramref name="at"/>. There must be room for 64.</summary>
    static abstract void Flatten(ref int places, int at, ulong bits);
}
