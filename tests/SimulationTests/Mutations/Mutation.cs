using Ingest.Gateway.Framing;
using Ingest.Messaging;
using Ingest.SimulationTests.Broker;
using Ingest.SimulationTests.Scenarios;
using Ingest.Writer;

namespace Ingest.SimulationTests.Mutations;

/// <summary>
/// A fault that is built in on purpose, around the real code, to show that runs find it, and so that the rule which
/// forbids it matters. This one changes nothing.
/// </summary>
internal class Mutation
{
    public static Mutation None { get; } = new NoMutation();

    /// <summary>Whether the runs are in one process; null for either.</summary>
    public virtual bool? OneProcess => null;

    /// <summary>Whether the tables have a key; null for either.</summary>
    public virtual bool? Keyed => null;

    /// <summary>Whether there are two pipelines; null for either.</summary>
    public virtual bool? TwoPipelines => null;

    /// <summary>Assertions that see the fault itself, and are silenced so that its harm must show.</summary>
    public virtual IReadOnlyList<int> Silenced => [];

    public virtual OrderPatience OrderPatience => OrderPatience.LongerThanFaultsLast;

    /// <summary>Looks at the run before it begins.</summary>
    public virtual void Prepare(World world, Cluster cluster)
    {
    }

    /// <summary>Whether a load passes over what the ledger holds of its file.</summary>
    public virtual bool KnowsSegments => true;

    /// <summary>What a process's stages see as their queues.</summary>
    public virtual IBatchQueues Change(World world, IBatchQueues queues) => queues;

    public virtual IRowStores Change(World world, IRowStores stores) => stores;

    public virtual Source Change(World world, Source source) => source;

    /// <summary>The channel on which a delivery is settled.</summary>
    /// <param name="own">That on which it came.</param>
    /// <param name="current">That which its receiver has now.</param>
    public virtual BrokerChannel ChannelOf(BrokerChannel own, BrokerChannel? current) => own;

    private sealed class NoMutation : Mutation;
}
