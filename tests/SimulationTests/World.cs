using Ingest.SimulationTests.Assertions;
using Ingest.SimulationTests.Broker;
using Ingest.SimulationTests.Mutations;
using Ingest.SimulationTests.Scenarios;
using Ingest.SimulationTests.Scheduling;
using Ingest.SimulationTests.Store;

namespace Ingest.SimulationTests;

/// <summary>What all processes of a run share: the clock, the broker, the database, and those who watch.</summary>
internal sealed class World
{
    private readonly Random _ids;
    private int _processes;

    public World(int seed, Mutation mutation)
    {
        Mutation = mutation;
        Simulator = new Simulator(seed);
        Faults = new FaultProfile(Simulator.CreateRandom("faults"), Simulator.Met);
        _ids = Simulator.CreateRandom("ids");
        Outside = CreateProcess("outside");
        Violations = new Violations(Simulator, mutation.Silenced);
        Database = new SimulatedDatabase(this);
        Broker = new SimulatedBroker(this);
        Notices = new Notices(this);
    }

    public Mutation Mutation { get; }

    public FaultProfile Faults { get; }

    public Simulator Simulator { get; }

    /// <summary>Everything that no process of ours does: producers, the network, broker and database.</summary>
    public SimulatedProcess Outside { get; }

    public Violations Violations { get; }

    public SimulatedDatabase Database { get; }

    public SimulatedBroker Broker { get; }

    public Notices Notices { get; }

    /// <summary>False once a writer has given up waiting for what lies before a batch.</summary>
    public bool OrderIsKept { get; set; } = true;

    public SimulatedProcess CreateProcess(string name) => new(Simulator, name, _processes++);

    /// <summary>An id that nobody had before.</summary>
    public Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        _ids.NextBytes(bytes);
        return new Guid(bytes);
    }

    /// <summary>Something that happens outside after a while.</summary>
    public void After(TimeSpan delay, Action action) => Simulator.Schedule(Outside, delay, action);
}
