using Ingest.Gateway.Framing;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.SimulationTests.Producers;
using Ingest.SimulationTests.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>The gateway's conversations without its sockets.</summary>
internal sealed class SimulatedGateway
{
    private readonly World _world;
    private readonly SimulatedProcess _process;
    private readonly Knobs _knobs;
    private readonly Dictionary<string, BatchPublisher<LineBatch>> _publishers;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborting;
    private readonly List<Task> _conversations = [];

    public SimulatedGateway(World world, SimulatedProcess process, IEnumerable<PipelineDefinition> pipelines, IBatchQueues queues, Knobs knobs)
    {
        (_world, _process, _knobs) = (world, process, knobs);
        _aborting = new CancellationTokenSource(Timeout.InfiniteTimeSpan, process.Time);
        _publishers = pipelines.ToDictionary(p => p.Name, p => new BatchPublisher<LineBatch>(
            queues.CreateSender<LineBatch>(p.Name), knobs.Publisher, process.Time, world.Simulator.CreateRandom(3), NullLogger.Instance));
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
            var source = _world.Mutation.Change(_world, Source.Live(connection.Source.Name, connection.Source.Pipeline, _world.NewId));
            connection.Source.Id = source.Id;
            var (result, receipt) = await Converse(source).RunAsync(connection.Input, _stopping.Token, _aborting.Token);
            if (result.Outcome != SourceOutcome.Broken)
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
        var complete = false;
        try
        {
            var source = _world.Mutation.Change(_world, Source.Replay(load.Source.Name, load.Source.Pipeline));
            load.Source.Id = source.Id;
            var (result, _) = await Converse(source).RunAsync(load.Input, _stopping.Token, _aborting.Token);
            complete = result.Outcome == SourceOutcome.Completed;
            if (complete && result.Lines != load.Text.Count)
                _world.Violations.Add(7, $"{load.Text.Name} has {load.Text.Count} lines, and its load counted {result.Lines}");
        }
        catch (OperationCanceledException) when (_aborting.IsCancellationRequested)
        {
            // Another load goes on from here.
        }

        load.End(complete);
    }

    private SourceConversation Converse(Source source) =>
        new(source, _publishers[source.Pipeline.Name], null, _knobs.Gateway, _process.Time);
}
