using System.Runtime.ExceptionServices;
using Ingest.Gateway.Receipts;
using Ingest.Messaging;

namespace Ingest.Gateway.Sources;

/// <summary>
/// One source's way out: its batches are counted, noted where commits are waited for, and sent, small ones perhaps beside
/// those of other sources, larger ones when there is room in the queues.
/// </summary>
/// <param name="publisher">Where they go.</param>
/// <param name="tally">Where they are noted before they go, or null.</param>
/// <param name="shared">Where small ones meet those of other sources, or null.</param>
/// <param name="backlog">What larger ones wait for, or null.</param>
/// <param name="stopping">From when on they wait no more.</param>
internal sealed class SourceOutlet(
    BatchPublisher<LineBatch> publisher, SourceTally? tally = null, SharedBatches? shared = null, Backlog? backlog = null,
    CancellationToken stopping = default)
{
    private readonly InFlight _inFlight = new();

    /// <summary>Batches sent so far.</summary>
    public long Batches { get; private set; }

    /// <summary>Lines that became rejects before they were sent.</summary>
    public long Rejected { get; private set; }

    public bool IsEmpty => _inFlight.IsEmpty;

    /// <summary>Completes when none is under way.</summary>
    public Task None => _inFlight.None;

    /// <summary>Takes the batch over, and completes when it is on its way.</summary>
    public async ValueTask PublishAsync(LineBatch batch, CancellationToken aborting)
    {
        if (_inFlight.Failure is { } failure)
        {
            batch.Dispose();
            ExceptionDispatchInfo.Throw(failure);
        }

        Batches++;
        Rejected += batch.Rejects.Count;
        IntakeMeter.Count(batch);
        if (shared is not null && SharedBatches.Takes(batch))
        {
            _inFlight.Add(await shared.PublishAsync(batch, tally, aborting));
            return;
        }

        await PrepareAsync(batch, aborting);
        _inFlight.Add(await publisher.PublishAsync(batch, aborting));
    }

    /// <summary>
    /// Completes when all are safe. The sends keep their batches until their consumers let go of them, which a stage that is stuck
    /// may never do.
    /// </summary>
    public async Task AllSafeAsync(CancellationToken aborting)
    {
        try
        {
            await _inFlight.None.WaitAsync(aborting);
        }
        catch (OperationCanceledException) when (_inFlight.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private async ValueTask PrepareAsync(LineBatch batch, CancellationToken aborting)
    {
        try
        {
            if (backlog is not null)
                await backlog.AwaitRoomAsync(stopping, aborting);
            if (tally is not null)
                await tally.AddAsync(batch.Id, aborting);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }
}
