using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;

namespace Ingest.Writer.Notices;

/// <summary>Tells the gateways what the ledger says of batches.</summary>
internal sealed class LedgerNotices(PipelineCatalog catalog, IRowStores stores, ControlBus bus)
{
    /// <summary>Says nothing of batches that the ledger does not know, and nothing while it cannot be asked: whoever waits asks again.</summary>
    public async Task TellAsync(string pipeline, IReadOnlyList<Guid> batchIds, CancellationToken cancellationToken)
    {
        if (catalog.Pipelines.FirstOrDefault(p => p.Name == pipeline) is not { } definition)
            return;
        IReadOnlyList<CommittedBatch> found;
        try
        {
            await using var store = stores.Create(definition);
            found = await store.FindAsync(batchIds, cancellationToken);
        }
        catch (Exception later) when (later is StoreAwayException or StoreRefusedException)
        {
            return;
        }

        if (found.Count > 0)
            await bus.TellAsync(new BatchesCommitted { Pipeline = pipeline, Batches = [.. found.Select(b => b.ToCounts())] }, cancellationToken);
    }
}
