using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using MassTransit;

namespace Ingest.Writer.Notices;

/// <summary>Answers a gateway that asks what became of batches, from the ledger.</summary>
internal sealed class InquiryConsumer(PipelineCatalog catalog, IRowStores stores, ControlBus bus) : IConsumer<BatchInquiry>
{
    public async Task Consume(ConsumeContext<BatchInquiry> context)
    {
        var inquiry = context.Message;
        if (catalog.Pipelines.FirstOrDefault(p => p.Name == inquiry.Pipeline) is not { } pipeline)
            return;
        IReadOnlyList<CommittedBatch> found;
        try
        {
            await using var store = stores.Create(pipeline);
            found = await store.FindAsync(inquiry.BatchIds, context.CancellationToken);
        }
        catch (Exception later) when (later is StoreAwayException or StoreRefusedException)
        {
            // The gateway asks again.
            return;
        }

        if (found.Count > 0)
            await bus.TellAsync(new BatchesCommitted { Pipeline = inquiry.Pipeline, Batches = [.. found.Select(b => b.ToCounts())] }, context.CancellationToken);
    }
}
