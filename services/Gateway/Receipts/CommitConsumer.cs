using Ingest.ServiceDefaults.Control;

namespace Ingest.Gateway.Receipts;

/// <summary>Hears from the writers what they have committed, and from every stage what is dead.</summary>
internal sealed class CommitConsumer(CommitTally commits) : IControlConsumer<BatchesCommitted>, IControlConsumer<BatchBuried>
{
    public Task ConsumeAsync(BatchBuried message, CancellationToken cancellationToken)
    {
        commits.Buried(message.BatchId);
        return Task.CompletedTask;
    }

    public Task ConsumeAsync(BatchesCommitted message, CancellationToken cancellationToken)
    {
        foreach (var batch in message.Batches)
            commits.Committed(batch);
        return Task.CompletedTask;
    }
}
