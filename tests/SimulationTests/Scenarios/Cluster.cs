using Ingest.Messaging.InMemory;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.SimulationTests.Broker;
using Ingest.SimulationTests.Producers;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>The processes of one run and those who send to them.</summary>
internal sealed class Cluster
{
    private readonly World _world;
    private readonly PipelineCatalog _catalog;
    private readonly List<Node> _nodes = [];

    public Cluster(World world, IReadOnlyList<PipelineDefinition> pipelines, bool isOneProcess, Random chances)
    {
        (_world, _catalog, IsOneProcess) = (world, new PipelineCatalog(pipelines), isOneProcess);
        if (isOneProcess)
        {
            Add("process", 1, process => new OneProcessProgram(world, process, _catalog, world.Mutation.Change(world, new InMemoryQueues()), NewKnobs()));
            return;
        }

        Add("gateway", 1 + chances.Next(2), process => new GatewayProgram(world, process, _catalog, Queues(process), NewKnobs()));
        Add("processor", 1 + chances.Next(2), process => new ProcessorProgram(world, process, _catalog, Queues(process), NewKnobs()));
        Add("writer", 1 + chances.Next(2), process => new WriterProgram(world, process, _catalog, Queues(process), NewKnobs()));

        Knobs NewKnobs() => new(chances);
    }

    public bool IsOneProcess { get; }

    public IReadOnlyList<Node> Nodes => _nodes;

    public IReadOnlyList<PipelineDefinition> Pipelines => _catalog.Pipelines;

    public List<ProducedSource> Sources { get; } = [];

    public List<LiveProducer> Producers { get; } = [];

    public List<FileProducer> Files { get; } = [];

    public bool AllSendersAreDone => Producers.All(p => p.IsDone) && Files.All(f => f.IsDone);

    public SimulatedGateway? PickGateway(Random chances)
    {
        var listening = _nodes.Select(n => n.Gateway).OfType<SimulatedGateway>().ToArray();
        return listening.Length == 0 ? null : listening[chances.Next(listening.Length)];
    }

    private void Add(string name, int count, Func<SimulatedProcess, INodeProgram> boot)
    {
        for (var i = 0; i < count; i++)
            _nodes.Add(new Node(_world, $"{name}{i}", boot));
    }

    private Ingest.Messaging.IBatchQueues Queues(SimulatedProcess process) =>
        _world.Mutation.Change(_world, new SimulatedQueues(_world, process));
}
