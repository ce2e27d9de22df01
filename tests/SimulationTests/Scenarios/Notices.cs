using Ingest.Gateway.Filtering;
using Ingest.Gateway.Receipts;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Ingest.SimulationTests.Scheduling;
using Ingest.SimulationTests.Store;
using Ingest.Writer;
using Ingest.Writer.Notices;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>
/// What writers tell gateways of their commits and processors of their definitions, and gateways ask them. Any of it may
/// be lost, late or come twice, and every gateway hears all of it.
/// </summary>
internal sealed class Notices(World world)
{
    private readonly Random _chances = world.Simulator.CreateRandom("notices");
    private readonly List<(SimulatedProcess Process, CommitTally Commits)> _gateways = [];
    private readonly List<SimulatedProcess> _writers = [];
    private readonly List<(SimulatedProcess Process, ProcessorVersions Processors)> _filters = [];
    private readonly List<(SimulatedProcess Process, PipelineCatalog Catalog)> _processors = [];

    /// <summary>What the process's sources wait for; whoever waits long is asked for.</summary>
    public CommitTally Open(SimulatedProcess process, Knobs knobs)
    {
        var commits = new CommitTally(knobs.Gateway.MaxUncommittedBatches, knobs.Gateway.InquireAfter, process.Time);
        _gateways.Add((process, commits));
        return commits;
    }

    /// <summary>What the process knows of the processors' definitions.</summary>
    public ProcessorVersions OpenVersions(SimulatedProcess process)
    {
        var processors = new ProcessorVersions(process.Time);
        _filters.Add((process, processors));
        return processors;
    }

    /// <summary>A processor has started, and says so.</summary>
    public void Join(SimulatedProcess process, PipelineCatalog catalog)
    {
        _processors.Add((process, catalog));
        Tell(catalog);
    }

    /// <summary>Asks the processors whenever somebody wants to know.</summary>
    public async Task InquireAsync(ProcessorVersions processors, CancellationToken stopping)
    {
        try
        {
            while (await processors.Questions.ReadAsync(stopping) is var pipeline)
                Travel(() => Answer(pipeline));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Nobody wants to know any more.
        }
    }

    public ICommitListener Listen(SimulatedProcess process)
    {
        _writers.Add(process);
        return new Listener(this);
    }

    /// <summary>Asks again as long as some source waits.</summary>
    public async Task InquireAsync(CommitTally commits, IReadOnlyList<PipelineDefinition> pipelines, CancellationToken stopping)
    {
        try
        {
            await foreach (var inquiry in commits.OverdueAsync(mostInOne: 3, stopping))
                Travel(() => Answer(inquiry, pipelines.Single(p => p.Name == inquiry.Pipeline)));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Nobody waits any more.
        }
    }

    private void Answer(BatchInquiry inquiry, PipelineDefinition pipeline)
    {
        _writers.RemoveAll(w => w.IsDead);
        if (_writers.Count == 0)
            return;
        var writer = _writers[_chances.Next(_writers.Count)];
        writer.Start(async void () =>
        {
            try
            {
                await using var store = new SimulatedStore(world, writer, pipeline, new WriterOptions());
                Tell(await store.FindAsync(inquiry.BatchIds, CancellationToken.None));
            }
            catch (StoreAwayException)
            {
                // The gateway asks again.
            }
        });
    }

    private void Answer(string pipeline)
    {
        _processors.RemoveAll(p => p.Process.IsDead);
        foreach (var (process, catalog) in _processors.Where(p => p.Catalog.Pipelines.Any(d => d.Name == pipeline)))
            process.Start(() => Tell(catalog));
    }

    private void Tell(PipelineCatalog catalog)
    {
        _filters.RemoveAll(f => f.Process.IsDead);
        foreach (var (process, processors) in _filters)
        {
            Travel(() => process.Start(() =>
            {
                foreach (var pipeline in catalog.Pipelines)
                    processors.Hear(pipeline.Name, pipeline.Version);
            }));
        }
    }

    private void Tell(IEnumerable<CommittedBatch> batches)
    {
        _gateways.RemoveAll(g => g.Process.IsDead);
        foreach (var counts in batches.Select(b => b.ToCounts()))
        {
            foreach (var (process, commits) in _gateways)
                Travel(() => process.Start(() => commits.Committed(counts)));
        }
    }

    private void Travel(Action arrive)
    {
        var faults = world.Faults;
        var copies = faults.Strikes(faults.NoticeLost, Encounter.NoticeLost, _chances) ? 0 : faults.Strikes(faults.NoticeDoubled, Encounter.NoticeDoubled, _chances) ? 2 : 1;
        for (var i = 0; i < copies; i++)
            world.After(faults.Delay(_chances) * (1 + _chances.Next(10)), arrive);
    }

    private sealed class Listener(Notices notices) : ICommitListener
    {
        public void Committed(string pipeline, CommittedBatch batch)
        {
            if (!batch.Already)
                notices.Tell([batch]);
        }
    }
}
