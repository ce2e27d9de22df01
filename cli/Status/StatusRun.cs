using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.ServiceDefaults;
using Ingest.Writer;
using Ingest.Writer.Audit;

namespace Ingest.Cli.Status;

/// <summary>What is known of one pipeline: its ledger, where there is one, and its queues, where there is a broker.</summary>
internal sealed record PipelineStatus(string Pipeline, PipelineAudit? Ledger, QueueDepths? Queues)
{
    /// <summary>Lines of an ended source are missing, or batches are dead.</summary>
    public bool NeedsHelp => Ledger is { Gaps: > 0 } or { Totals.IsBalanced: false } || Queues is { Dead: > 0 };
}

/// <summary>One look at the pipelines.</summary>
internal sealed class StatusRun(string pipelines, string databaseText, string? broker, bool json)
{
    /// <summary>Batches of a source are committed side by side: a hole that closes by itself in this time is none.</summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(2);

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var catalog = PipelineCatalog.Load(pipelines);
        await using var database = CommonOptions.OpenDatabase(databaseText);
        var statuses = new List<PipelineStatus>();
        foreach (var pipeline in catalog.Pipelines)
        {
            var status = await ReadAsync(pipeline.Name, database, cancellationToken);
            if (status.Ledger is { Gaps: > 0 })
            {
                await Task.Delay(SecondLook, cancellationToken);
                status = await ReadAsync(pipeline.Name, database, cancellationToken);
            }

            statuses.Add(status);
        }

        StatusReport.Print(statuses, json);
        return statuses.Exists(s => s.NeedsHelp) ? ExitCodes.Failed : ExitCodes.Success;
    }

    private async Task<PipelineStatus> ReadAsync(string pipeline, Database database, CancellationToken cancellationToken)
    {
        try
        {
            // The queues first: what leaves them meanwhile is in the ledger then.
            var queues = CommonOptions.BrokerUri(broker) is { } uri ? await DepthsAsync(uri, pipeline, cancellationToken) : null;
            return new PipelineStatus(pipeline, await database.AuditAsync(pipeline, cancellationToken), queues);
        }
        catch (Exception failure) when (failure is StoreAwayException or StoreRefusedException)
        {
            throw new StartupException($"The database {database.Name} cannot be used: {failure.Message}");
        }
        catch (SendFailedException failure)
        {
            throw new StartupException(failure.Message);
        }
    }

    private static async Task<QueueDepths> DepthsAsync(Uri uri, string pipeline, CancellationToken cancellationToken)
    {
        await using var queue = new DeadQueue(uri, pipeline, TimeProvider.System);
        return await queue.DepthsAsync(cancellationToken);
    }
}
