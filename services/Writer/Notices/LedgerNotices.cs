using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.Logging;

namespace Ingest.Writer.Notices;

/// <summary>Tells the gateways what the ledger says of batches.</summary>
internal sealed partial class LedgerNotices(PipelineCatalog catalog, IRowStores stores, ControlBus bus, ILogger<LedgerNotices> logger)
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
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // No notice is worth a service.
            if (failure is not (StoreAwayException or StoreRefusedException))
                LogUnread(pipeline, failure.GetType().Name, failure.Message);
            return;
        }

        if (found.Count > 0)
            await bus.TellAsync(new BatchesCommitted { Pipeline = pipeline, Batches = [.. found.Select(b => b.ToCounts())] }, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: the ledger was not read for a notice: {Kind}: {Reason}")]
    private partial void LogUnread(string pipeline, string kind, string reason);
}
