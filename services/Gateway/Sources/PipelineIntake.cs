using System.Collections.Concurrent;
using Ingest.Compression;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Receipts;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway.Sources;

/// <summary>What all ways into a pipeline share: its window, its memory for what is received, its places for connections.</summary>
internal sealed class PipelineIntake : IAsyncDisposable
{
    /// <summary>Fast senders for which the system keeps up to 16 MiB each.</summary>
    private const int MostAhead = 8;

    private readonly ConcurrentDictionary<Guid, bool> _replays = new();
    private readonly BatchPublisher<LineBatch> _publisher;
    private readonly CommitTally? _commits;
    private readonly ReceiveBudget _budget;
    private readonly DecompressionBudget _decompression;
    private readonly PushedFilter? _filter;
    private readonly SharedBatches _shared;
    private readonly Backlog? _backlog;
    private readonly GatewayOptions _options;
    private readonly TimeProvider _time;

    public PipelineIntake(
        PipelineDefinition pipeline,
        IBatchQueues queues,
        IOptions<GatewayOptions> options,
        IOptions<EdgeOptions> edge,
        IOptions<PublisherOptions> publisherOptions,
        DecompressionBudget decompression,
        CommitTally commits,
        ProcessorVersions processors,
        TimeProvider time,
        Random random,
        ILogger<PipelineIntake> logger)
    {
        (Pipeline, _options, _decompression, _time) = (pipeline, options.Value, decompression, time);
        Admission = new Admission(_options.MaxConnectionsPerPipeline, edge.Value.MaxConnectionsPerAddress);
        _publisher = new BatchPublisher<LineBatch>(
            queues.CreateSender<LineBatch>(pipeline.Name), publisherOptions.Value, time, random, logger);
        var waitedFor = pipeline.Acknowledge != Acknowledge.None
            && (queues.SendsAwaitConsumers || pipeline.Acknowledge == Acknowledge.Committed);
        _commits = waitedFor ? commits : null;
        _filter = PushedFilter.Create(pipeline, queues, processors);
        _shared = new SharedBatches(pipeline, _publisher, _commits, _options.Linger, time);
        _backlog = queues.SendsAwaitConsumers ? null : new Backlog(queues, pipeline.Name, time);
        _budget = new ReceiveBudget(pipeline, _options, time, joins: _filter is not null);
    }

    public PipelineDefinition Pipeline { get; }

    public Admission Admission { get; }

    public SendAhead Ahead { get; } = new(MostAhead);

    /// <summary>False while nothing can be sent on: the broker is away, or its queue is full.</summary>
    public bool IsOpen => _publisher.IsOpen;

    /// <param name="source">What is read.</param>
    /// <param name="encoding">How its bytes are compressed where the sender said so; null for what the definition says.</param>
    public SourceConversation Converse(Source source, Decompression? encoding = null) =>
        new(source, _publisher, _commits, _budget, _decompression, _options, _time, _filter, _shared, _backlog, encoding);

    /// <summary>
    /// Reserves a replayable source for one conversation: batches with the same ids may not be under way twice from here.
    /// </summary>
    public bool TryClaim(Source source) => _replays.TryAdd(source.Id, true);

    public void Release(Source source) => _replays.TryRemove(source.Id, out _);

    public ValueTask DisposeAsync() => _publisher.DisposeAsync();
}
