using System.Net.Sockets;
using Ingest.Compression;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Listening;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway;

/// <summary>Listens for every pipeline that has a port. The listeners are bound before the host counts as started.</summary>
internal sealed class GatewayWorker(
    PipelineCatalog catalog,
    IBatchQueues queues,
    IOptions<GatewayOptions> options,
    IOptions<PublisherOptions> publisherOptions,
    DecompressionBudget decompression,
    CommitTally commits,
    ProcessorVersions processors,
    TimeProvider time,
    Random random,
    ILogger<GatewayWorker> logger) : BackgroundService
{
    private readonly List<(LineListener Listener, BatchPublisher<LineBatch> Publisher)> _ports = [];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var pipeline in catalog.Pipelines.Where(p => p.ListenPort is not null))
        {
            var publisher = new BatchPublisher<LineBatch>(
                queues.CreateSender<LineBatch>(pipeline.Name), publisherOptions.Value, time, random, logger);
            var waitedFor = pipeline.Acknowledge != Acknowledge.None && (queues.SendsAwaitConsumers || pipeline.Acknowledge == Acknowledge.Committed);
            var filter = PushedFilter.Create(pipeline, queues, processors);
            var budget = new ReceiveBudget(pipeline, options.Value, time, joins: filter is not null);
            var listener = new LineListener(
                pipeline,
                source => new SourceConversation(source, publisher, waitedFor ? commits : null, budget, decompression, options.Value, time, filter),
                options.Value,
                time,
                logger);
            _ports.Add((listener, publisher));
            try
            {
                listener.Bind(pipeline.ListenPort!.Value);
            }
            catch (SocketException failure)
            {
                throw new StartupException(
                    $"Pipeline {pipeline.Name} cannot listen on {options.Value.ListenAddress}:{pipeline.ListenPort} ({failure.Message}); "
                    + $"free the port, or change listen in {pipeline.File} or Gateway__ListenAddress.");
            }
        }

        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var aborting = new CancellationTokenSource();
        await using var drain = stoppingToken.UnsafeRegister(
            state => ((CancellationTokenSource)state!).CancelAfter(options.Value.Drain), aborting);
        await StageTasks.AllOrFirstFaultAsync(_ports.Select(port => port.Listener.RunAsync(stoppingToken, aborting.Token)));
        foreach (var (_, publisher) in _ports)
            await publisher.DisposeAsync();
    }

    public override void Dispose()
    {
        foreach (var (listener, _) in _ports)
            listener.Dispose();
        base.Dispose();
    }
}
