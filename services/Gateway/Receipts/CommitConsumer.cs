using Ingest.ServiceDefaults.Control;
using MassTransit;

namespace Ingest.Gateway.Receipts;

/// <summary>Hears from the writers what they have committed, and from every stage what is dead.</summary>
internal sealed class CommitConsumer(CommitTally commits) : IConsumer<BatchesCommitted>, IConsumer<BatchBuried>
{
    public Task Consume(ConsumeContext<BatchBuried> context)
    {
        commits.Buried(context.Message.BatchId);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<BatchesCommitted> context)
    {
        foreach (var batch in context.Message.Batches)
            commits.Committed(batch);
        return Task.CompletedTask;
    }
}
