using Ingest.Messaging;
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
            Add("process", 1, process => new OneProcessProgram(world, process, _catalog, world.Mutation.Change(world, new InMemoryQueues()), new Knobs(chances)));
            return;
        }

        Add("gateway", 1 + chances.Next(2), process => Boot(process, (queues, knobs) => new GatewayProgram(world, process, _catalog, queues, knobs)));
        Add("processor", 1 + chances.Next(2), process => Boot(process, (queues, knobs) => new ProcessorProgram(world, process, _catalog, queues, knobs)));
        Add("writer", 1 + chances.Next(2), process => Boot(process, (queues, knobs) => new WriterProgram(world, process, _catalog, queues, knobs)));

        INodeProgram Boot(SimulatedProcess process, Func<IBatchQueues, Knobs, INodeProgram> boot)
        {
            var knobs = new Knobs(chances);
            return boot(world.Mutation.Change(world, new SimulatedQueues(world, process, knobs.Publisher.InFlightBytes)), knobs);
        }
    }

    public bool IsOneProcess { get; }

    public IReadOnlyList<Node> Nodes => _nodes;

    public IReadOnlyList<PipelineDefinition> Pipelines => _catalog.Pipelines;

    public List<ProducedSource> Sources { get; } = [];

    public List<LiveProducer> Producers { get; } = [];

    public List<FileProducer> Files { get; } = [];

    public bool AllSendersAreDone => Producers.All(p => p.IsDone) && Files.All(f => f.IsDone);

    /// <summary>Whether each of the pipeline's senders is done.</summary>
    public IEnumerable<bool> SendersOf(PipelineDefinition pipeline) =>
        [.. Producers.Where(p => p.Pipeline == pipeline).Select(p => p.IsDone), .. Files.Where(f => f.Pipeline == pipeline).Select(f => f.IsDone)];

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
}
