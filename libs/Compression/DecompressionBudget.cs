using System.Globalization;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;

namespace Ingest.Compression;

/// <summary>
/// The memory that all inputs of a process share while they are decompressed. Nobody waits for ever: what never fits is
/// refused at once, and what does not fit now after <see cref="DecompressionLimits.Wait"/>, so that two who hold a part
/// each and wait for more come to an end.
/// </summary>
public sealed class DecompressionBudget
{
    /// <summary>What a decoder holds beside its window: a block or two, and its tables.</summary>
    internal const long BesideWindowBytes = 1024 * 1024;

    private readonly ByteBudget _bytes;
    private readonly TimeProvider _time;

    public DecompressionBudget(DecompressionLimits limits, TimeProvider time)
    {
        Limits = limits;
        Capacity = Math.Max(limits.Bytes, limits.MaxWindowBytes + (2 * BesideWindowBytes));
        _bytes = new ByteBudget(Capacity);
        _time = time;
    }

    public DecompressionLimits Limits { get; }

    /// <summary>Bytes that there are.</summary>
    public long Capacity { get; }

    /// <summary>Bytes that are held now.</summary>
    public long HeldBytes => _bytes.HeldBytes;

    /// <exception cref="DecompressionRefusedException">The window is larger than allowed.</exception>
    internal void CheckWindow(Decompression format, long windowBytes)
    {
        if (windowBytes > Limits.MaxWindowBytes)
        {
            throw new DecompressionRefusedException(Text(
                $"its {FormatNames.Of(format)} window of {windowBytes} bytes is larger than {Limits.MaxWindowBytes} bytes; set Gateway__MaxDecompressionWindowBytes={windowBytes} in the environment to read it"));
        }
    }

    /// <exception cref="DecompressionRefusedException">There is not so much, or others held it for too long.</exception>
    internal async ValueTask AcquireAsync(long bytes, long alreadyHeld, CancellationToken cancellationToken)
    {
        if (alreadyHeld + bytes > Capacity)
        {
            throw new DecompressionRefusedException(Text(
                $"decompressing it takes {alreadyHeld + bytes} bytes of memory, and there are {Capacity}; set Gateway__DecompressionBytes={alreadyHeld + bytes} in the environment to read it"));
        }

        if (_bytes.TryAcquire(bytes))
            return;
        using var deadline = new CancellationTokenSource(Limits.Wait, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await _bytes.AcquireAsync(bytes, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DecompressionRefusedException(Text(
                $"decompressing it takes {alreadyHeld + bytes} bytes of memory, and others held {HeldBytes} of {Capacity} for {Limits.Wait}; send it again later, or raise Gateway__DecompressionBytes"))
            {
                IsForNow = true,
            };
        }
    }

    internal bool TryAcquire(long bytes) => _bytes.TryAcquire(bytes);

    internal void Release(long bytes) => _bytes.Release(bytes);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
