using Ingest.Pipelines.Definition;
using Ingest.SimulationTests.Assertions;
using Ingest.SimulationTests.Mutations;
using Ingest.SimulationTests.Producers;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>One seed's run: what it draws, and what it finds.</summary>
internal sealed class SimulationRun
{
    /// <summary>Everything must have come to its end by then, once the faults are over: hundreds of copies at seconds each.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(2);

    /// <summary>What is on its way longest, when nobody waits for it any more.</summary>
    private static readonly TimeSpan LongestJourney = TimeSpan.FromSeconds(100);

    private readonly World _world;
    private readonly Cluster _cluster;
    private readonly Random _chances;
    private readonly HashSet<Setting> _settings;

    private SimulationRun(int seed, Mutation mutation)
    {
        _world = new World(seed, mutation);
        _chances = _world.Simulator.CreateRandom("scenario");
        var oneProcess = mutation.OneProcess ?? _chances.Next(3) == 0;
        if (_chances.Next(4) == 0)
            _world.Broker.LongestQueueBytes = 20_000;
        var largeLines = _chances.Next(8) == 0;
        var pipelines = new[] { "first", "second" }.Take(mutation.TwoPipelines ?? _chances.Next(2) == 1 ? 2 : 1)
            .Select(name => Definitions.Pick(name, largeLines, mutation.Keyed ?? _chances.Next(2) == 0, _chances.Next(3) == 0, (Acknowledge)_chances.Next(3)))
            .ToArray();
        _settings = SettingsOf(pipelines[0], oneProcess, largeLines);
        _cluster = new Cluster(_world, pipelines, oneProcess, _chances);
        foreach (var pipeline in pipelines)
            DrawProducers(pipeline, largeLines);
        mutation.Prepare(_world, _cluster);
        new Chaos(_world, _cluster, _world.Simulator.CreateRandom("chaos")).Plan();
    }

    /// <param name="seed">What everything is drawn from.</param>
    /// <param name="mutation">A fault that is built in.</param>
    /// <param name="tail">How many of the last events the result tells.</param>
    public static RunResult Run(int seed, Mutation? mutation = null, int tail = 100)
    {
        var run = new SimulationRun(seed, mutation ?? Mutation.None);
        run._world.Simulator.Trace.Kept = tail;
        try
        {
            run.Play();
        }
        catch (Exception failure)
        {
            run._world.Violations.Add(0, $"the world itself broke: {failure}");
        }

        return new RunResult(
            seed,
            run._world.Simulator.Stray is { } stray ? [.. run._world.Violations.Found, stray] : run._world.Violations.Found,
            run._world.Simulator.Trace.Hash,
            [.. run._world.Simulator.Trace.Tail],
            run._world.Simulator.Steps,
            run._world.Simulator.Met,
            run._settings);
    }

    private static HashSet<Setting> SettingsOf(PipelineDefinition pipeline, bool oneProcess, bool largeLines) =>
    [
        oneProcess ? Setting.OneProcess : Setting.SeveralProcesses,
        largeLines ? Setting.LargeLines : Setting.SmallLines,
        pipeline.Key.Count > 0 ? Setting.Keyed : Setting.WithoutKey,
        pipeline.Acknowledge switch
        {
            Acknowledge.None => Setting.AcknowledgedNever,
            Acknowledge.Queued => Setting.AcknowledgedQueued,
            _ => Setting.AcknowledgedCommitted,
        },
    ];

    private void DrawProducers(PipelineDefinition pipeline, bool largeLines)
    {
        var keyed = pipeline.Key.Count > 0;
        var workload = new LineWorkload(_chances, keys: 1 + _chances.Next(60), pipeline.MaxLineBytes);
        for (var i = _chances.Next(1, 6); i > 0; i--)
        {
            var producer = new LiveProducer(
                _world,
                _cluster,
                $"{pipeline.Name}.c{i}",
                pipeline,
                workload.Draw(_chances.Next(60), 60, unique: !keyed, filteredPadding: largeLines ? Definitions.LargePadding : 60),
                (Manner)_chances.Next(4),
                _chances);
            _cluster.Producers.Add(producer);
            producer.Start(TimeSpan.FromSeconds(_chances.Next(20)));
        }

        for (var i = _chances.Next(4); i > 0; i--)
        {
            var file = new FileProducer(_world, _cluster, $"/data/{pipeline.Name}{i}", pipeline, workload, largeLines ? Definitions.LargePadding : 60, _chances);
            _cluster.Files.Add(file);
            file.Start(TimeSpan.FromSeconds(_chances.Next(20)));
        }
    }

    private void Play()
    {
        foreach (var node in _cluster.Nodes)
            node.Start();
        _world.After(FaultProfile.Calm, _world.Faults.CalmDown);
        _world.After(FaultProfile.Calm + LongestJourney, () => _world.Simulator.Note("whatever was on its way has come"));
        var settled = _world.Simulator.RunUntil(IsSettled, FaultProfile.Calm + Patience);
        if (!settled && _world.Simulator.Stray is null)
            _world.Violations.Add(9, Unsettled());
        FinalChecks.Run(_world, _cluster);
    }

    private bool IsSettled() =>
        _world.Violations.Any
        || (_world.Faults.IsCalm
            && _world.Simulator.Now >= FaultProfile.Calm + LongestJourney
            && _cluster.AllSendersAreDone
            && _world.Broker.Queues.All(q => q.IsEmpty)
            && _world.Database.IsIdle);

    private string Unsettled() =>
        $"{Patience.TotalHours:0} hours after the last fault: senders done {_cluster.AllSendersAreDone}, "
        + $"queues {string.Join(", ", _world.Broker.Queues.Select(q => $"{q.Name} {(q.IsEmpty ? "empty" : q.ToString())}"))}, "
        + $"database idle {_world.Database.IsIdle}";
}

/// <param name="Seed">What to give it to see the same again.</param>
/// <param name="Violations">What is wrong, the first first.</param>
/// <param name="Hash">Of everything that happened.</param>
/// <param name="Tail">The last of it.</param>
/// <param name="Steps">How much happened.</param>
/// <param name="Met">Which faults struck.</param>
/// <param name="Settings">What it was like.</param>
internal sealed record RunResult(
    int Seed, IReadOnlyList<string> Violations, ulong Hash, IReadOnlyList<string> Tail, long Steps, IReadOnlySet<Encounter> Met,
    IReadOnlySet<Setting> Settings)
{
    public override string ToString() =>
        $"Seed {Seed}: {string.Join("\n", Violations.Take(5))}\n(INGEST_SIMULATION_SEED={Seed} shows it again.) The last steps:\n{string.Join("\n", Tail)}";
}
