namespace Ingest.SimulationTests.Scenarios;

/// <summary>
/// What befalls the processes and their surroundings, at moments that are counted in steps rather than in time: most of
/// the time nothing happens, and a fault then is none.
/// </summary>
internal sealed class Chaos(World world, Cluster cluster, Random chances)
{
    private const int MostOfAKind = 4;

    /// <summary>Early steps are likelier: many runs are shorter.</summary>
    private const int LastStep = 3_000;

    public void Plan()
    {
        var faults = world.Faults;
        if (!cluster.IsOneProcess && chances.NextDouble() < faults.RollOut)
            world.Simulator.AtStep(chances.Next(1 + chances.Next(LastStep)), () => Strike(() => cluster.RollOut(chances)));
        Plan(faults.Crash, () => AnyNode().Process?.CrashAfter(chances.Next(60)));
        Plan(faults.Drain, () => AnyNode().Drain());
        Plan(faults.Freeze, Freeze);
        Plan(faults.BrokerBlocked, () => world.Broker.BlockedUntil = world.Simulator.Now + TimeSpan.FromSeconds(chances.Next(90)));
        Plan(faults.ChannelClosed, () => AnyOf([.. world.Broker.Queues])?.CloseAny());
        Plan(faults.StoreRefuses, () =>
            world.Database.RefusesUntil[AnyOf(cluster.Pipelines)!.Name] = world.Simulator.Now + TimeSpan.FromSeconds(chances.Next(120)));
        Plan(faults.ClockJump, () =>
        {
            if (AnyNode().Process is { } process)
                process.Time.Error = TimeSpan.FromSeconds(chances.Next(-100_000, 100_000));
        });
    }

    private void Plan(double intensity, Action fault)
    {
        for (var i = 0; i < MostOfAKind; i++)
        {
            if (chances.NextDouble() < intensity)
                world.Simulator.AtStep(chances.Next(1 + chances.Next(LastStep)), () => Strike(fault));
        }
    }

    private void Strike(Action fault)
    {
        if (!world.Faults.IsCalm)
            fault();
    }

    private void Freeze()
    {
        if (AnyNode().Process is not { IsDead: false } process)
            return;
        process.Freeze();
        world.After(TimeSpan.FromSeconds(chances.NextDouble() * 120), process.Thaw);
    }

    private Node AnyNode() => AnyOf(cluster.Nodes)!;

    private T? AnyOf<T>(IReadOnlyList<T> some) => some.Count == 0 ? default : some[chances.Next(some.Count)];
}
