using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;

namespace Ingest.Writer.Notices;

/// <summary>Answers a gateway that asks what became of batches, from the ledger.</summary>
internal sealed class InquiryConsumer(PipelineCatalog catalog, IRowStores stores, ControlBus bus) : IControlConsumer<BatchInquiry>
{
    public async Task ConsumeAsync(BatchInquiry inquiry, CancellationToken cancellationToken)
    {
        if (catalog.Pipelines.FirstOrDefault(p => p.Name == inquiry.Pipeline) is not { } pipeline)
            return;
        IReadOnlyList<CommittedBatch> found;
        try
        {
            await using var store = stores.Create(pipeline);
            found = await store.FindAsync(inquiry.BatchIds, cancellationToken);
        }
        catch (Exception later) when (later is StoreAwayException or StoreRefusedException)
        {
            // The gateway asks again.
            return;
        }

        if (found.Count > 0)
            await bus.TellAsync(new BatchesCommitted { Pipeline = inquiry.Pipeline, Batches = [.. found.Select(b => b.ToCounts())] }, cancellationToken);
    }
}
