using Ingest.Messaging;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Processor;

/// <summary>
/// Takes every pipeline's line batches, processes several at a time and sends their rows on. Input is acknowledged only
/// after its output is safe. Pipelines do not wait for one another.
/// </summary>
internal sealed class ProcessorWorker(
    PipelineCatalog catalog,
    IBatchQueues queues,
    StageHealth health,
    Isolation isolation,
    IOptions<ProcessorOptions> options,
    IOptions<PublisherOptions> publisherOptions,
    TimeProvider time,
    Random random,
    ILogger<ProcessorWorker> logger) : BackgroundService
{
    private readonly ProcessorContext _context =
        new(queues, health, isolation, options.Value, publisherOptions.Value, time, random, logger);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>The worker's life on its caller's scheduler; a host would move it to the thread pool.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        using var aborting = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var drain = stoppingToken.UnsafeRegister(
            state => ((CancellationTokenSource)state!).CancelAfter(options.Value.Drain), aborting);
        await StageTasks.AllOrFirstFaultAsync(catalog.Pipelines.Select(p => RunAsync(p, stoppingToken, aborting.Token)));
    }

    private async Task RunAsync(PipelineDefinition definition, CancellationToken stopping, CancellationToken aborting)
    {
        var compiled = new CompiledPipeline(definition);
        var afterProblem = false;
        while (!stopping.IsCancellationRequested)
        {
            await using (var session = new ProcessorSession(compiled, _context, afterProblem, stopping, aborting))
                afterProblem = await session.RunAsync() is not null;
            if (!afterProblem)
                continue;
            try
            {
                await Task.Delay(options.Value.RetryDelay, time, stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
