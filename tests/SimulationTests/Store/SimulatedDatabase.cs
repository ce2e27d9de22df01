using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Store;

/// <summary>The tables of all pipelines, and the sessions that work on them.</summary>
internal sealed class SimulatedDatabase(World world)
{
    private readonly Dictionary<string, SimulatedTable> _tables = [];
    private readonly HashSet<Transaction> _open = [];

    public Random Chances { get; } = world.Simulator.CreateRandom("database");

    public LockTable Locks { get; } = new();

    /// <summary>Pipelines whose table somebody has spoiled, and until when.</summary>
    public Dictionary<string, TimeSpan> RefusesUntil { get; } = [];

    public bool IsIdle => _open.Count == 0 && Locks.IsEmpty;

    public SimulatedTable Table(string pipeline)
    {
        if (!_tables.TryGetValue(pipeline, out var table))
            _tables.Add(pipeline, table = new SimulatedTable());
        return table;
    }

    public bool HasCommitted(string pipeline, Guid batch) => Table(pipeline).Ledger.ContainsKey(batch);

    public bool Refuses(string pipeline) => RefusesUntil.TryGetValue(pipeline, out var until) && world.Simulator.Now < until;

    /// <summary>A session's transaction. When its process dies the database notices after a while.</summary>
    public Transaction Begin(SimulatedProcess process)
    {
        var transaction = new Transaction();
        _open.Add(transaction);
        process.Died += () =>
        {
            if (!transaction.IsOver)
                world.After(world.Faults.Delay(Chances), () => RollBack(transaction));
        };
        return transaction;
    }

    public void Commit(Transaction transaction, string pipeline, bool hasKey)
    {
        Table(pipeline).Apply(transaction, hasKey);
        foreach (var batch in transaction.Batches)
            world.Simulator.Note($"{pipeline} commits {batch.Batch}");
        End(transaction);
    }

    public void RollBack(Transaction transaction)
    {
        if (!transaction.IsOver)
            End(transaction);
    }

    private void End(Transaction transaction)
    {
        transaction.IsOver = true;
        _open.Remove(transaction);
        Locks.Release(transaction);
    }
}
