using Ingest.ServiceDefaults.Control;

namespace Ingest.Gateway.Receipts;

/// <summary>What the writers said of one source's batches. Guarded by its <see cref="CommitTally"/>.</summary>
internal sealed class SourceTally(Guid sourceId, string pipeline, CommitTally commits) : IDisposable
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Pipeline => pipeline;

    /// <summary>Batches that nobody has said anything of yet.</summary>
    public HashSet<Guid> Outstanding { get; } = [];

    public long Written { get; private set; }

    public long Duplicate { get; private set; }

    public long Filtered { get; private set; }

    public long Rejected { get; private set; }

    /// <summary>Batches in the dead queue.</summary>
    public int Dead { get; private set; }

    /// <summary>Notes a batch that is about to be sent; waits while too many are uncommitted.</summary>
    public ValueTask AddAsync(Guid batchId, CancellationToken cancellationToken) => commits.AddAsync([this], batchId, cancellationToken);

    /// <summary>Completes when every batch is settled; no more may be added.</summary>
    public Task AllSettledAsync()
    {
        commits.Close(this);
        return _settled.Task;
    }

    public void Settle(BatchCounts batch)
    {
        foreach (var counts in batch.Sources.Where(s => s.SourceId == sourceId))
        {
            Written += counts.Written;
            Duplicate += counts.Duplicate;
            Filtered += counts.Filtered;
            Rejected += counts.Rejected;
        }
    }

    public void Bury() => Dead++;

    public void Complete() => _settled.TrySetResult();

    public void Dispose() => commits.Forget(this);
}
