using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Writer;

/// <summary>Runs a <see cref="PipelineWriter"/> for every pipeline; they do not wait for one another.</summary>
internal sealed class WriterWorker(
    PipelineCatalog catalog,
    IBatchQueues queues,
    IRowStores stores,
    IEnumerable<ICommitListener> listeners,
    StageHealth health,
    Isolation isolation,
    IOptions<WriterOptions> options,
    TimeProvider time,
    Random random,
    ILogger<WriterWorker> logger) : BackgroundService
{
    private readonly ICommitListener[] _listeners = [.. listeners];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var aborting = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var drain = stoppingToken.UnsafeRegister(
            state => ((CancellationTokenSource)state!).CancelAfter(options.Value.Drain), aborting);
        await StageTasks.AllOrFirstFaultAsync(catalog.Pipelines.Select(p => RunAsync(p, stoppingToken, aborting.Token)));
    }

    private async Task RunAsync(PipelineDefinition pipeline, CancellationToken stopping, CancellationToken aborting)
    {
        await using var store = stores.Create(pipeline);
        var outage = new Outage(pipeline.Name, health, options.Value, time, random);
        await new PipelineWriter(pipeline, queues, store, _listeners, isolation, outage, options.Value, time, logger)
            .RunAsync(stopping, aborting);
    }
}
