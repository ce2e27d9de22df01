using Ingest.Messaging;

namespace Ingest.SimulationTests.Broker;

/// <summary>The queues of all pipelines, the dead ones included.</summary>
internal sealed class SimulatedBroker(World world)
{
    private readonly Dictionary<string, BrokerQueue> _queues = [];
    private readonly List<(string Pipeline, Guid Batch, string Reason)> _dead = [];

    public Random Chances { get; } = world.Simulator.CreateRandom("broker");

    /// <summary>Small in some runs, so that back-pressure is met.</summary>
    public long LongestQueueBytes { get; set; } = 512L * 1024 * 1024;

    /// <summary>Until then nothing that publishers send is read.</summary>
    public TimeSpan BlockedUntil { get; set; }

    public IReadOnlyList<(string Pipeline, Guid Batch, string Reason)> Dead => _dead;

    /// <summary>The definitions to which replayable batches belong, and no others.</summary>
    public Dictionary<Guid, string> PinnedDefinitions { get; } = [];

    public IEnumerable<BrokerQueue> Queues => _queues.Values;

    public BrokerQueue Queue<T>(string pipeline) where T : class, IBatch<T>
    {
        var name = $"{pipeline}.{T.Queue}";
        if (!_queues.TryGetValue(name, out var queue))
            _queues.Add(name, queue = new BrokerQueue(world, name, LongestQueueBytes, Chances));
        return queue;
    }

    public void Bury(string pipeline, Guid batch, string reason)
    {
        world.Simulator.Note($"{pipeline}.dead stores {batch}: {reason}");
        _dead.Add((pipeline, batch, reason));
    }
}
