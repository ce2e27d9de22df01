using System.Globalization;
using Ingest.SimulationTests.Mutations;
using Ingest.SimulationTests.Scenarios;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests;

/// <summary>
/// The stages themselves over a simulated broker, database, network and clock, under faults that a seed draws.
/// INGEST_SIMULATION_SEED=n shows one seed again, with all that happens; INGEST_SIMULATION_SEEDS=n runs so many,
/// INGEST_SIMULATION_FIRST=n from that one on.
/// </summary>
public class SimulationTests
{
    private const int UsualSeeds = 2_000;

    /// <summary>Runs that fail to come by chance no more.</summary>
    private const int Many = 20;

    private static readonly HashSet<(Encounter, Setting)> NeverTogether =
    [
        // There is no broker in one process, nobody else to write or to ask for a definition, and nothing to gain from an early filter.
        .. from fault in new[]
           {
               Encounter.Nack, Encounter.PublishLost, Encounter.ConfirmLost, Encounter.StoredLate, Encounter.Reordered, Encounter.ChannelClosed,
               Encounter.ConsumerLost, Encounter.QueueFull, Encounter.HeartbeatLost, Encounter.RollOut, Encounter.PushedDown, Encounter.Joined,
               Encounter.BatchBlocked,
           }
           select (fault, Setting.OneProcess),

        // Only a load sees the ledger.
        (Encounter.FileShortened, Setting.SeveralProcesses),

        // What is left of several batches is joined, and small lines fill none.
        (Encounter.Joined, Setting.SmallLines),
    ];

    private static readonly int First = Number("INGEST_SIMULATION_FIRST") ?? 0;

    private static readonly int Count = Number("INGEST_SIMULATION_SEEDS") ?? UsualSeeds;

    private static readonly Lazy<Seeds> Usual = new(() => Seeds.Run(First, Count, seed => SimulationRun.Run(seed)));

    [Fact]
    public void Nothing_is_lost_or_written_twice_and_every_line_is_accounted_for()
    {
        var found = Number("INGEST_SIMULATION_SEED") is { } seed ? Again(SimulationRun.Run(seed, tail: int.MaxValue)) : Usual.Value.Found;
        Assert.True(found is null, found?.ToString());
    }

    [Fact]
    public void Every_fault_strikes_in_some_run()
    {
        var met = Usual.Value.Met;
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", met.OrderBy(m => m.Value).Select(m => $"{m.Key} {m.Value}")));
        Assert.Empty(Enum.GetValues<Encounter>().Except(met.Keys));
    }

    [Fact]
    public void Every_fault_meets_every_setting()
    {
        var (_, met, settings, together) = Usual.Value;
        var runs = settings[Setting.LargeLines] + settings[Setting.SmallLines];
        foreach (var pair in met.Keys.SelectMany(m => settings.Keys.Select(s => (Fault: m, Setting: s))))
        {
            var expected = (double)met[pair.Fault] * settings[pair.Setting] / runs;
            var seen = together.GetValueOrDefault(pair);
            if (NeverTogether.Contains(pair))
                Assert.True(seen == 0, $"{pair} meet after all.");
            else if (expected >= Many)
                Assert.True(seen > expected / 10, $"{pair} meet in {seen} runs; {expected:0} were to be expected.");
        }
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
        var found = Number("INGEST_SIMULATION_SEED") is { } again
            ? Again(SimulationRun.Run(again, new SpoiledTable(), tail: int.MaxValue))
            : Seeds.Run(First, Count / 10, seed => SimulationRun.Run(seed, new SpoiledTable())).Found;
        Assert.True(found is null, found?.ToString());
    }

    private static RunResult? Again(RunResult result) => result.Violations.Count == 0 ? null : result;

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
