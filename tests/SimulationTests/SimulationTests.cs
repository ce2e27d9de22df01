using Ingest.SimulationTests.Mutations;
using Ingest.SimulationTests.Scenarios;

namespace Ingest.SimulationTests;

/// <summary>
/// The stages themselves over a simulated broker, database, network and clock, under faults that a seed draws.
/// INGEST_SIMULATION_SEED=n shows one seed again, with all that happens, INGEST_SIMULATION_SEEDS=n runs the first n.
/// </summary>
public class SimulationTests
{
    private const int UsualSeeds = 2_000;

    [Fact]
    public void Nothing_is_lost_or_written_twice_and_every_line_is_accounted_for()
    {
        if (Number("INGEST_SIMULATION_SEED") is { } seed)
        {
            var result = SimulationRun.Run(seed, tail: int.MaxValue);
            Assert.True(result.Violations.Count == 0, result.ToString());
            return;
        }

        var found = Seeds.FindFirst(Number("INGEST_SIMULATION_SEEDS") ?? UsualSeeds, s => SimulationRun.Run(s));
        Assert.True(found is null, found?.ToString());
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        for (var seed = 0; seed < 25; seed++)
        {
            var (first, second) = (SimulationRun.Run(seed), SimulationRun.Run(seed));
            Assert.Equal((first.Hash, first.Steps), (second.Hash, second.Steps));
        }
    }

    [Fact]
    public void A_pipeline_whose_table_is_refused_does_not_delay_another()
    {
        var found = Seeds.FindFirst(200, seed => SimulationRun.Run(seed, new SpoiledTable()));
        Assert.True(found is null, found?.ToString());
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : null;
}
