using Ingest.Pipelines.Definition;

namespace Ingest.Compression;

/// <summary>What one input holds of its process's <see cref="DecompressionBudget"/>.</summary>
internal sealed class DecompressionShare(DecompressionBudget budget) : IDisposable
{
    private long _held;

    /// <summary>Waits until so much is held in all.</summary>
    /// <exception cref="DecompressionRefusedException">There is not so much, or others held it for too long.</exception>
    public async ValueTask RequireAsync(long bytes, CancellationToken cancellationToken)
    {
        if (bytes <= _held)
            return;
        await budget.AcquireAsync(bytes - _held, _held, cancellationToken);
        _held = bytes;
    }

    /// <summary>Takes so much besides when it is free.</summary>
    public bool TryAdd(long bytes)
    {
        if (!budget.TryAcquire(bytes))
            return false;
        _held += bytes;
        return true;
    }

    /// <exception cref="DecompressionRefusedException">The window is larger than allowed.</exception>
    public void CheckWindow(Decompression format, long windowBytes) => budget.CheckWindow(format, windowBytes);

    /// <summary>Bytes that one input may take to be faster: half of what there is stays for others.</summary>
    public long Generous => budget.Capacity / 4;

    public void Dispose()
    {
        budget.Release(_held);
        _held = 0;
    }
}
