using System.Buffers;

namespace Ingest.Messaging;

/// <summary>The first bytes of an array of the shared pool, with one owner, who disposes it once.</summary>
public sealed class PooledMemory(byte[] array, int length) : IMemoryOwner<byte>
{
    private byte[]? _array = array;

    /// <summary>Exactly the bytes asked for; the array behind them may be longer.</summary>
    public Memory<byte> Memory => Array.AsMemory(0, length);

    public byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PooledMemory));

    public static PooledMemory Rent(int length) => new(ArrayPool<byte>.Shared.Rent(length), length);

    /// <summary>Gives an array back to the pool it came from.</summary>
    public static void Return(byte[] array)
    {
        if (array.Length > 0)
            ArrayPool<byte>.Shared.Return(array);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } owned)
            Return(owned);
    }
}
