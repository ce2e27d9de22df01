using Ingest.SimulationTests.Producers;
using Ingest.SimulationTests.Scenarios;
using Ingest.SimulationTests.Store;

namespace Ingest.SimulationTests.Assertions;

/// <summary>What must hold when everything has come to its end. Producers know what they sent; the tables say what became of it.</summary>
internal static class FinalChecks
{
    public static void Run(World world, Cluster cluster)
    {
        if (world.Violations.Any || world.Simulator.Stray is not null)
            return;
        foreach (var (pipeline, batch, reason) in world.Broker.Dead)
            world.Violations.Add(10, $"{pipeline}: batch {batch} is dead: {reason}");
        foreach (var pipeline in cluster.Pipelines)
        {
            var table = world.Database.Table(pipeline.Name);
            var sources = cluster.Sources.Where(s => s.Pipeline == pipeline).ToList();
            LineChecks.Run(world, table, sources, pipeline);
            LedgerChecks.Run(world.Violations, table, sources);
        }
    }
}
