using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>What many seeds have shown, each run on one thread from its beginning to its end.</summary>
/// <param name="Found">The result of the lowest seed that found something, or null.</param>
/// <param name="Met">How many runs have met each fault.</param>
internal sealed record Seeds(RunResult? Found, IReadOnlyDictionary<Encounter, int> Met)
{
    /// <summary>Runs the first seeds, and none after one that found something.</summary>
    public static Seeds Run(int seeds, Func<int, RunResult> run)
    {
        RunResult? found = null;
        var met = new Dictionary<Encounter, int>();
        var gate = new Lock();
        Parallel.For(0, seeds, (seed, loop) =>
        {
            var result = run(seed);
            lock (gate)
            {
                foreach (var encounter in result.Met)
                    met[encounter] = met.GetValueOrDefault(encounter) + 1;
                if (result.Violations.Count == 0)
                    return;
                loop.Break();
                if (found is null || seed < found.Seed)
                    found = result;
            }
        });
        return new Seeds(found, met);
    }
}
