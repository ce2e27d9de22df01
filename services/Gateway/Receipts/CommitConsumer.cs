using Ingest.ServiceDefaults.Control;
using MassTransit;

namespace Ingest.Gateway.Receipts;

/// <summary>Hears from the writers what they have committed.</summary>
internal sealed class CommitConsumer(CommitTally commits) : IConsumer<BatchesCommitted>
{
    public Task Consume(ConsumeContext<BatchesCommitted> context)
    {
        foreach (var batch in context.Message.Batches)
            commits.Committed(batch);
        return Task.CompletedTask;
    }
}
