using Ingest.Gateway.Framing;

namespace Ingest.Gateway.Sources;

/// <summary>
/// One connection's share of its pipeline's <see cref="ReceiveBudget"/>. It takes a place when the bytes that are there
/// need one, and gives it back before it waits for more, unless it holds a part of a line that needs it.
/// </summary>
/// <param name="budget">Null where nothing is bounded: a file's reader holds one buffer.</param>
/// <param name="builder">Whose buffer it is.</param>
/// <param name="time">The clock.</param>
/// <param name="mayCut">Whether whole lines may go before their batch is full; where they may not, they wait for a place too.</param>
internal sealed class ReceiveShare(ReceiveBudget? budget, LineBatchBuilder builder, TimeProvider time, bool mayCut = true) : IReceiver, IDisposable
{
    private const long NotStalled = -1;

    private readonly CancellationTokenSource _ended = new();
    private long _stalledSince = NotStalled;
    private bool _holdsBatch;
    private bool _holdsLongLine;

    /// <summary>Cancelled when others need its place and its sender does not go on.</summary>
    public CancellationToken Ended => _ended.Token;

    public long? StalledSince => Volatile.Read(ref _stalledSince) is var since and not NotStalled ? since : null;

    public void End()
    {
        try
        {
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It left by itself in the meantime.
        }
    }

    /// <summary>Waits for room for the next bytes.</summary>
    /// <returns>False when the whole lines at hand are to go instead.</returns>
    public async ValueTask<bool> MakeRoomAsync(CancellationToken cancellationToken)
    {
        if (budget is null || (builder.HasRoom && (_holdsBatch || !builder.WasFull)))
            return true;
        if (_holdsBatch)
        {
            await EnterAsync(budget.LongLines, cancellationToken);
            _holdsLongLine = true;
            builder.Limit = builder.Longest;
            return true;
        }

        if (!budget.Batches.TryEnter(this))
        {
            if (builder.HasRoom)
                return true;
            if (mayCut && builder.HasWholeLines)
                return false;
            await EnterAsync(budget.Batches, cancellationToken);
        }

        _holdsBatch = true;
        builder.Limit = LineBatchBuilder.CutBytes;
        Progress();
        return true;
    }

    /// <summary>A line was completed, or it was not for the sender to go on until now.</summary>
    public void Progress()
    {
        if (_holdsBatch)
            Volatile.Write(ref _stalledSince, time.GetTimestamp());
    }

    /// <summary>From here on it waits for others than its sender, until <see cref="Progress"/>.</summary>
    public void Pause() => Volatile.Write(ref _stalledSince, NotStalled);

    /// <summary>Others want what it holds.</summary>
    public bool IsWanted => _holdsLongLine || (_holdsBatch && budget!.Batches.IsContended);

    /// <summary>Gives back what others want, however fast its sender is.</summary>
    public void HandOn()
    {
        if (IsWanted)
            GiveBack();
    }

    /// <summary>Gives back what is not needed for the bytes at hand.</summary>
    public void GiveBack()
    {
        if (_holdsLongLine && builder.Held < LineBatchBuilder.CutBytes)
        {
            builder.Limit = LineBatchBuilder.CutBytes;
            _holdsLongLine = false;
            budget!.LongLines.Leave(this);
        }

        if (_holdsBatch && !_holdsLongLine && builder.Held < LineBatchBuilder.Floor)
        {
            Pause();
            builder.Limit = LineBatchBuilder.Floor;
            _holdsBatch = false;
            budget!.Batches.Leave(this);
        }

        if (builder.Held == 0)
            builder.ReleaseBuffer();
    }

    public void Dispose()
    {
        Pause();
        if (_holdsLongLine)
            budget!.LongLines.Leave(this);
        if (_holdsBatch)
            budget!.Batches.Leave(this);
        (_holdsLongLine, _holdsBatch) = (false, false);
        _ended.Dispose();
    }

    private async Task EnterAsync(ReceivePool pool, CancellationToken cancellationToken)
    {
        Pause();
        await pool.EnterAsync(this, cancellationToken);
        Progress();
    }
}
