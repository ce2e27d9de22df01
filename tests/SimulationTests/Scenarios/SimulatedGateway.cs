using Ingest.Compression;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.SimulationTests.Producers;
using Ingest.SimulationTests.Scheduling;
using Ingest.Writer;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>The gateway's conversations without its sockets.</summary>
internal sealed class SimulatedGateway
{
    private readonly World _world;
    private readonly SimulatedProcess _process;
    private readonly IRowStores? _stores;
    private readonly Knobs _knobs;
    private readonly Dictionary<string, PipelineDefinition> _pipelines;
    private readonly Dictionary<string, BatchPublisher<LineBatch>> _publishers;
    private readonly Dictionary<string, ReceiveBudget> _budgets;
    private readonly Dictionary<string, PushedFilter?> _filters;
    private readonly Dictionary<string, SharedBatches> _shared;
    private readonly DecompressionBudget _decompression;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborting;
    private readonly List<Task> _conversations = [];
    private readonly CommitTally _commits;
    private readonly bool _sendsAwaitConsumers;

    /// <param name="world">The world.</param>
    /// <param name="process">Where it runs.</param>
    /// <param name="pipelines">What it takes lines for.</param>
    /// <param name="queues">Where the lines go.</param>
    /// <param name="stores">Where it can look what is written, or null.</param>
    /// <param name="knobs">Its options.</param>
    public SimulatedGateway(
        World world, SimulatedProcess process, IEnumerable<PipelineDefinition> pipelines, IBatchQueues queues, IRowStores? stores, Knobs knobs)
    {
        (_world, _process, _stores, _knobs) = (world, process, stores, knobs);
        _aborting = new CancellationTokenSource(Timeout.InfiniteTimeSpan, process.Time);
        _pipelines = pipelines.ToDictionary(p => p.Name);
        _publishers = pipelines.ToDictionary(p => p.Name, p => new BatchPublisher<LineBatch>(
            queues.CreateSender<LineBatch>(p.Name), knobs.Publisher, process.Time, world.Simulator.CreateRandom($"publisher of {process}, {p.Name}"), NullLogger.Instance));
        var processors = world.Notices.OpenVersions(process);
        _filters = pipelines.ToDictionary(p => p.Name, p => knobs.PushesDown ? PushedFilter.Create(p, queues, processors) : null);
        _budgets = pipelines.ToDictionary(p => p.Name, p => new ReceiveBudget(p, knobs.Gateway, process.Time, joins: _filters[p.Name] is not null));
        _sendsAwaitConsumers = queues.SendsAwaitConsumers;
        _decompression = new DecompressionBudget(knobs.Gateway.Decompression, process.Time);
        _commits = world.Notices.Open(process, knobs);
        _shared = pipelines.ToDictionary(
            p => p.Name, p => new SharedBatches(p, _publishers[p.Name], TallyOf(p), knobs.Gateway.Linger, process.Time));
        process.Start(() => _conversations.Add(world.Notices.InquireAsync(_commits, [.. pipelines], _stopping.Token)));
        process.Start(() => _conversations.Add(world.Notices.InquireAsync(processors, _stopping.Token)));
    }

    /// <summary>Takes no further sources and waits for those at hand, but not for ever.</summary>
    public async Task StopAsync()
    {
        _stopping.Cancel();
        _aborting.CancelAfter(_knobs.Gateway.Drain);
        await Task.WhenAll(_conversations);
    }

    public void Accept(SimulatedConnection connection)
    {
        connection.Taken(_process);
        _process.Start(() => _conversations.Add(ConverseAsync(connection)));
    }

    public void Load(FileLoad load)
    {
        load.Taken(_process);
        _process.Start(() => _conversations.Add(LoadAsync(load)));
    }

    /// <summary>As a connection of the line protocol does: the receipt, then FIN; a reset in every other case.</summary>
    private async Task ConverseAsync(SimulatedConnection connection)
    {
        try
        {
            var source = _world.Mutation.Change(_world, Source.Live(connection.Source.Name, _pipelines[connection.Source.Pipeline.Name], _world.NewId));
            connection.Source.Id = source.Id;
            var (result, receipt) = await Converse(source).RunAsync(connection.Input, _stopping.Token, _aborting.Token);
            if (receipt is not null || result.Outcome == SourceOutcome.Completed)
            {
                if (receipt is not null)
                    connection.Send(receipt);
                connection.Finish();
                return;
            }
        }
        catch (OperationCanceledException) when (_aborting.IsCancellationRequested)
        {
            // What is not safe by now was not acknowledged.
        }

        connection.Reset();
    }

    private async Task LoadAsync(FileLoad load)
    {
        SourceOutcome? outcome = null;
        try
        {
            var source = _world.Mutation.Change(_world, Source.Replay(load.Source.Name, load.Source.Pipeline));
            load.Source.Id = source.Id;
            var pump = new SourcePump(
                source, new SourceOutlet(_publishers[source.Pipeline.Name]), _knobs.Gateway.Linger, _process.Time, await ReadKnownAsync(source),
                filter: _filters[source.Pipeline.Name]);
            var result = await pump.RunAsync(load.Input, _stopping.Token, _aborting.Token);
            outcome = result.Outcome;
            if (outcome == SourceOutcome.Completed && result.Lines != load.Text.Count)
                _world.Violations.Add(7, $"{load.Text.Name} has {load.Text.Count} lines, and its load counted {result.Lines}");
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Another load goes on from here.
        }

        load.End(outcome);
    }

    /// <summary>What the ledger holds of the file; asked until there is an answer.</summary>
    private async Task<KnownSegments?> ReadKnownAsync(Source source)
    {
        if (_stores is null || !_world.Mutation.KnowsSegments)
            return null;
        await using var store = _stores.Create(source.Pipeline);
        while (true)
        {
            try
            {
                var segments = await store.ReadSourceAsync(source.Id, _stopping.Token);
                return new KnownSegments(segments.Select(s => new KnownSegment(s.BatchId, s.ByteOffset, s.ByteLength, s.NextLine, s.Counts.Lines)));
            }
            catch (StoreAwayException)
            {
                await Task.Delay(_world.Faults.Latency, _process.Time, _stopping.Token);
            }
        }
    }

    private SourceConversation Converse(Source source) => new(
        source, _publishers[source.Pipeline.Name], TallyOf(source.Pipeline), _budgets[source.Pipeline.Name], _decompression, _knobs.Gateway, _process.Time,
        _filters[source.Pipeline.Name], _shared[source.Pipeline.Name]);

    private CommitTally? TallyOf(PipelineDefinition pipeline) =>
        pipeline.Acknowledge == Acknowledge.Committed || (_sendsAwaitConsumers && pipeline.Acknowledge != Acknowledge.None) ? _commits : null;
}
