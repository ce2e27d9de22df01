using System.Buffers;

namespace Ingest.Messaging;

/// <summary>The first bytes of an array of a pool, with one owner, who disposes it once.</summary>
public sealed class PooledMemory(byte[] array, int length) : IMemoryOwner<byte>
{
    private const int SmallestLarge = 64 * 1024 + 1;
    private const int LargestLarge = 4 * LineBatch.LongestBytes;

    /// <summary>More than the budgets of bytes let be in use: beyond it comes what is twice as large.</summary>
    private const int LargeOfEachSize = 1024;

    /// <summary>
    /// For batches and bodies. It keeps as many as were in use at a time, which the bytes in flight bound: the shared pool keeps
    /// some for each thread and each processor besides, and comes to have them all in the course of many gigabytes.
    /// </summary>
    private static readonly ArrayPool<byte> Large = ArrayPool<byte>.Create(LargestLarge, LargeOfEachSize);

    private byte[]? _array = array;

    /// <summary>Exactly the bytes asked for; the array behind them may be longer.</summary>
    public Memory<byte> Memory => Array.AsMemory(0, length);

    public byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PooledMemory));

    public static PooledMemory Rent(int length) => new(RentArray(length), length);

    /// <summary>An array of at least that length, to be given back by <see cref="Return"/>.</summary>
    public static byte[] RentArray(int length) => PoolOf(length).Rent(length);

    /// <summary>Gives an array back to the pool it came from.</summary>
    public static void Return(byte[] array)
    {
        if (array.Length > 0)
            PoolOf(array.Length).Return(array);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } owned)
            Return(owned);
    }

    /// <summary>The same for what is asked for and for what is given: the next power of two is on the same side of both limits.</summary>
    private static ArrayPool<byte> PoolOf(int length) => length is >= SmallestLarge and <= LargestLarge ? Large : ArrayPool<byte>.Shared;
}
