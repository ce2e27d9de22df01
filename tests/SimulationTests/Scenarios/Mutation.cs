using Ingest.Messaging;
using Ingest.Gateway.Framing;
using Ingest.Writer;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>
/// A fault that is built in on purpose, around the real code, to show that a run would find it. This one changes nothing.
/// </summary>
#pragma warning disable CA1852
internal class Mutation
{
    public static Mutation None { get; } = new();

    /// <summary>Whether the runs are in one process; null for either.</summary>
    public virtual bool? OneProcess => null;

    /// <summary>Whether the tables have a key; null for either.</summary>
    public virtual bool? Keyed => null;

    /// <summary>What a process's stages see as their queues.</summary>
    public virtual IBatchQueues Change(World world, IBatchQueues queues) => queues;

    public virtual IRowStores Change(IRowStores stores) => stores;

    public virtual Source Change(World world, Source source) => source;
}
