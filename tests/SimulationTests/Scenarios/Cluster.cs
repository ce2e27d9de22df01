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
    private readonly PipelineCatalog _firstCatalog;
    private PipelineCatalog _catalog;
    private readonly List<Node> _nodes = [];

    public Cluster(World world, IReadOnlyList<PipelineDefinition> pipelines, bool isOneProcess, Random chances)
    {
        (_world, IsOneProcess) = (world, isOneProcess);
        _catalog = _firstCatalog = new PipelineCatalog(pipelines);
        if (isOneProcess)
        {
            Add("process", 1, process => new OneProcessProgram(world, process, _catalog, world.Mutation.Change(world, new InMemoryQueues()), new Knobs(chances, world.Mutation.OrderPatience)));
            return;
        }

        Add("gateway", 1 + chances.Next(2), process => Boot(process, (queues, knobs) => new GatewayProgram(world, process, _catalog, queues, knobs)));
        Add("processor", 1 + chances.Next(2), process => Boot(process, (queues, knobs) => new ProcessorProgram(world, process, _catalog, queues, knobs)));
        Add("writer", 1 + chances.Next(2), process => Boot(process, (queues, knobs) => new WriterProgram(world, process, _catalog, queues, knobs)));

        INodeProgram Boot(SimulatedProcess process, Func<IBatchQueues, Knobs, INodeProgram> boot)
        {
            var knobs = new Knobs(chances, world.Mutation.OrderPatience);
            return boot(Queues(process, knobs), knobs);
        }
    }

    public bool IsOneProcess { get; }

    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>As they were at first.</summary>
    public IReadOnlyList<PipelineDefinition> Pipelines => _firstCatalog.Pipelines;

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

    /// <summary>
    /// Starts every process again with the next version of each definition. Files that were begun before stay with theirs,
    /// so that a processor which knows it is started some time.
    /// </summary>
    public void RollOut(Random chances)
    {
        _world.Simulator.Note("the definitions change");
        _catalog = new PipelineCatalog([.. Pipelines.Select(p => p.Successor())]);
        foreach (var node in _nodes)
            _world.After(TimeSpan.FromSeconds(chances.Next(60)), node.Drain);
        var old = new Node(_world, "processor-old", process =>
        {
            var knobs = new Knobs(chances, _world.Mutation.OrderPatience);
            return new ProcessorProgram(_world, process, _firstCatalog, Queues(process, knobs), knobs);
        });
        _world.After(TimeSpan.FromSeconds(chances.Next(300)), old.Start);
    }

    private IBatchQueues Queues(SimulatedProcess process, Knobs knobs) =>
        _world.Mutation.Change(_world, new SimulatedQueues(_world, process, knobs.Publisher.InFlightBytes));

    private void Add(string name, int count, Func<SimulatedProcess, INodeProgram> boot)
    {
        for (var i = 0; i < count; i++)
            _nodes.Add(new Node(_world, $"{name}{i}", boot));
    }
}
