using Ingest.Gateway;
using Ingest.SimulationTests.Scenarios;

namespace Ingest.SimulationTests.Mutations;

/// <summary>No fault of ours: one pipeline's table is refused for a long time, and the other's senders must not notice.</summary>
internal sealed class SpoiledTable : Mutation
{
    private static readonly TimeSpan MendedAfter = TimeSpan.FromMinutes(20);

    /// <summary>
    /// Far more than undisturbed senders take, who start within twenty seconds and stall for some minutes at most, and less
    /// than those wait who wait for a commit in vain.
    /// </summary>
    private static readonly TimeSpan Soon = new GatewayOptions().CommitTimeout - TimeSpan.FromMinutes(1);

    public override bool? TwoPipelines => true;

    /// <summary>A batch may wait in vain for one that a full queue keeps out, but no longer than those who send would.</summary>
    public override OrderPatience OrderPatience => OrderPatience.AsDelivered;

    public override void Prepare(World world, Cluster cluster)
    {
        world.Faults.CalmDown();
        var (spoiled, healthy) = (cluster.Pipelines[0], cluster.Pipelines[1]);
        world.Database.RefusesUntil[spoiled.Name] = MendedAfter;
        world.After(Soon, () =>
        {
            if (!cluster.SendersOf(healthy).All(done => done))
                world.Violations.Add(9, $"{healthy.Name} waits for {spoiled.Name}");
            var table = world.Database.Table(healthy.Name);
            foreach (var source in cluster.Sources.Where(s => s.Pipeline == healthy && s.Acknowledged.Count > 0))
            {
                if (!table.Sources.ContainsKey(source.Id))
                    world.Violations.Add(9, $"{source.Name} of {healthy.Name} is not written while {spoiled.Name} waits");
            }
        });
    }
}
