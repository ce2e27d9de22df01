using Ingest.SimulationTests.Scheduling;

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
            PlanOnce(Encounter.RollOut, () => cluster.RollOut(chances));
        Plan(faults.Crash, null, () => AnyNode().Process?.CrashAfter(chances.Next(60)));
        Plan(faults.Freeze, null, Freeze);
        Plan(faults.Drain, Encounter.Drain, () => AnyNode().Drain());
        Plan(faults.BrokerBlocked, Encounter.BrokerBlocked, () => world.Broker.BlockedUntil = world.Simulator.Now + TimeSpan.FromSeconds(chances.Next(90)));
        Plan(faults.ChannelClosed, null, () => AnyOf([.. world.Broker.Queues])?.CloseAny());
        Plan(faults.StoreRefuses, null, () =>
            world.Database.RefusesUntil[AnyOf(cluster.Pipelines)!.Name] = world.Simulator.Now + TimeSpan.FromSeconds(chances.Next(120)));
        Plan(faults.ClockJump, Encounter.ClockJump, () =>
        {
            if (AnyNode().Process is { } process)
                process.Time.Error = TimeSpan.FromSeconds(chances.Next(-100_000, 100_000));
        });
    }

    private void Plan(double intensity, Encounter? encounter, Action fault)
    {
        for (var i = 0; i < MostOfAKind; i++)
        {
            if (chances.NextDouble() < intensity)
                PlanOnce(encounter, fault);
        }
    }

    /// <param name="encounter">What a run has met then, where that does not depend on what follows.</param>
    /// <param name="fault">What happens.</param>
    private void PlanOnce(Encounter? encounter, Action fault) => world.Simulator.AtStep(chances.Next(1 + chances.Next(LastStep)), () =>
    {
        if (world.Faults.IsCalm)
            return;
        if (encounter is { } met)
            world.Simulator.Met.Add(met);
        fault();
    });

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
