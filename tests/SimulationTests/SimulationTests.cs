using System.Globalization;
using Ingest.SimulationTests.Mutations;
using Ingest.SimulationTests.Scenarios;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests;

/// <summary>
/// The stages themselves over a simulated broker, database, network and clock, under faults that a seed draws.
/// INGEST_SIMULATION_SEED=n shows one seed again, with all that happens, INGEST_SIMULATION_SEEDS=n runs the first n.
/// </summary>
public class SimulationTests
{
    private const int UsualSeeds = 2_000;

    private static readonly Lazy<Seeds> Usual = new(() => Seeds.Run(Number("INGEST_SIMULATION_SEEDS") ?? UsualSeeds, seed => SimulationRun.Run(seed)));

    [Fact]
    public void Nothing_is_lost_or_written_twice_and_every_line_is_accounted_for()
    {
        if (Number("INGEST_SIMULATION_SEED") is { } seed)
        {
            var result = SimulationRun.Run(seed, tail: int.MaxValue);
            Assert.True(result.Violations.Count == 0, result.ToString());
            return;
        }

        Assert.True(Usual.Value.Found is null, Usual.Value.Found?.ToString());
    }

    [Fact]
    public void Every_fault_strikes_in_some_run()
    {
        var met = Usual.Value.Met;
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", met.OrderBy(m => m.Value).Select(m => $"{m.Key} {m.Value}")));
        Assert.Empty(Enum.GetValues<Encounter>().Except(met.Keys));
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
        var found = Seeds.Run(200, seed => SimulationRun.Run(seed, new SpoiledTable())).Found;
        Assert.True(found is null, found?.ToString());
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
