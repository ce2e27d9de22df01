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
/// after its output is safe.
/// </summary>
internal sealed partial class ProcessorWorker(
    PipelineCatalog catalog,
    IBatchQueues queues,
    IOptions<ProcessorOptions> options,
    IOptions<PublisherOptions> publisherOptions,
    TimeProvider time,
    Random random,
    ILogger<ProcessorWorker> logger) : BackgroundService
{
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
        var largest = Math.Max(256 * 1024, definition.MaxLineBytes);
        await using var receiver = queues.CreateReceiver<LineBatch>(
            definition.Name, Prefetch.Messages(options.Value.PrefetchBytes, largest));
        await using var publisher = new BatchPublisher<RowBatch>(
            queues.CreateSender<RowBatch>(definition.Name), publisherOptions.Value, time, random, logger);

        var finishing = new InFlight();
        var parallelism = options.Value.Parallelism > 0 ? options.Value.Parallelism : Environment.ProcessorCount;
        await StageTasks.AllOrFirstFaultAsync(Enumerable.Range(0, parallelism)
            .Select(_ => ProcessAsync(new BatchProcessor(compiled), receiver, publisher, finishing, stopping, aborting)));
        await receiver.StopAsync();
        await finishing.None;
    }

    private async Task ProcessAsync(
        BatchProcessor processor,
        IBatchReceiver<LineBatch> receiver,
        BatchPublisher<RowBatch> publisher,
        InFlight finishing,
        CancellationToken stopping,
        CancellationToken aborting)
    {
        while (!stopping.IsCancellationRequested)
        {
            Delivery<LineBatch> delivery;
            try
            {
                delivery = await receiver.ReceiveAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            // Waiting for the confirm happens beside the next batch's processing.
            try
            {
                var rows = processor.Process(delivery.Batch);
                finishing.Add(FinishAsync(delivery, await publisher.PublishAsync(rows, aborting)));
            }
            catch (OperationCanceledException) when (aborting.IsCancellationRequested)
            {
                await delivery.RequeueAsync();
                return;
            }
        }
    }

    private async Task FinishAsync(Delivery<LineBatch> delivery, Task safe)
    {
        try
        {
            await safe;
        }
        catch (Exception failure)
        {
            LogGivenUp(failure is OperationCanceledException ? null : failure, delivery.Batch.Pipeline, delivery.Batch.Id);
            await delivery.RequeueAsync();
            return;
        }

        await delivery.AcknowledgeAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: batch {BatchId} could not be sent on and goes back to its queue")]
    private partial void LogGivenUp(Exception? failure, string pipeline, Guid batchId);
}
