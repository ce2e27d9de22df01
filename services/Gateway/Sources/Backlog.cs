using Ingest.Messaging;

namespace Ingest.Gateway.Sources;

/// <summary>
/// Lets full batches wait while more of them lie in a pipeline's queues than its stages need to be kept busy: behind them
/// lie the lines of sources that send little, whose batches never wait here. Where what lies there does not become less,
/// it is for the queues to hold what comes, and nobody waits.
/// </summary>
/// <param name="queues">Whose queues.</param>
/// <param name="pipeline">The pipeline's name.</param>
/// <param name="time">The clock.</param>
internal sealed class Backlog(IBatchQueues queues, string pipeline, TimeProvider time)
{
    /// <summary>Messages, beside what the stages hold already.</summary>
    public const int MostWaiting = 8;

    /// <summary>Batches between two looks, 4 MiB of lines.</summary>
    public const int LookEvery = 4;

    /// <summary>How long the queues may stand still before they are left to fill.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(20);

    private readonly ByteBudget _turn = new(1);
    private int _sent;
    private volatile bool _holds;

    /// <summary>What lay there when nobody took any of it; from then on less must.</summary>
    private long _stoodAt = long.MaxValue;

    /// <summary>Completes when one more full batch may be sent.</summary>
    /// <param name="stopping">Lets it go at once: what was taken is to be told of before the gateway ends.</param>
    /// <param name="aborting">Gives up.</param>
    public async ValueTask AwaitRoomAsync(CancellationToken stopping, CancellationToken aborting)
    {
        var holds = _holds;
        if (stopping.IsCancellationRequested || !(holds || Interlocked.Increment(ref _sent) % LookEvery == 0))
            return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, aborting);
        try
        {
            await LookAsync(holds, either.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !aborting.IsCancellationRequested)
        {
            // The queues may fill.
        }
    }

    private async ValueTask LookAsync(bool becauseOfOthers, CancellationToken cancellationToken)
    {
        await _turn.AcquireAsync(1, cancellationToken);
        try
        {
            if (becauseOfOthers && !_holds)
                return;
            await HoldAsync(cancellationToken);
        }
        finally
        {
            _holds = false;
            _turn.Release(1);
        }
    }

    private async ValueTask HoldAsync(CancellationToken cancellationToken)
    {
        var least = long.MaxValue;
        var since = time.GetTimestamp();
        while (await CountAsync(cancellationToken) is { } waiting && waiting > MostWaiting)
        {
            if (waiting >= _stoodAt || (waiting >= least && time.GetElapsedTime(since) >= Patience))
            {
                _stoodAt = waiting;
                return;
            }

            _stoodAt = long.MaxValue;
            if (waiting < least)
                (least, since) = (waiting, time.GetTimestamp());
            _holds = true;
            await Task.Delay(LookAgainAfter, time, cancellationToken);
        }

        _stoodAt = long.MaxValue;
    }

    /// <summary>A broker that does not answer has not room either; what is sent to it waits for its confirm.</summary>
    private async Task<long?> CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await queues.CountWaitingAsync(pipeline, cancellationToken).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
