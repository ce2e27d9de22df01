using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>What many seeds have shown, each run on one thread from its beginning to its end.</summary>
/// <param name="Found">The result of the lowest seed that found something, or null.</param>
/// <param name="Met">How many runs have met each fault.</param>
/// <param name="Settings">How many runs were like that.</param>
/// <param name="Together">How many runs were like that and have met the fault.</param>
internal sealed record Seeds(
    RunResult? Found, IReadOnlyDictionary<Encounter, int> Met, IReadOnlyDictionary<Setting, int> Settings,
    IReadOnlyDictionary<(Encounter, Setting), int> Together)
{
    /// <summary>Runs so many seeds from the first on, and none after one that found something.</summary>
    public static Seeds Run(int first, int count, Func<int, RunResult> run)
    {
        RunResult? found = null;
        var met = new Dictionary<Encounter, int>();
        var settings = new Dictionary<Setting, int>();
        var together = new Dictionary<(Encounter, Setting), int>();
        var gate = new Lock();
        var (last, end) = (first - 1, checked(first + count));
        // Not the pool's threads: what a run leaves to the pool would wait until all runs are over, and keep their memory.
        Task.WaitAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ =>
            Task.Factory.StartNew(RunSome, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return new Seeds(found, met, settings, together);

        void RunSome()
        {
            while (Volatile.Read(ref found) is null && Interlocked.Increment(ref last) is var seed && seed < end)
            {
                var result = run(seed);
                lock (gate)
                {
                    Count(met, result.Met);
                    Count(settings, result.Settings);
                    Count(together, result.Met.SelectMany(m => result.Settings.Select(s => (m, s))));
                    if (result.Violations.Count > 0 && (found is null || seed < found.Seed))
                        found = result;
                }
            }
        }
    }

    private static void Count<T>(Dictionary<T, int> counts, IEnumerable<T> seen) where T : notnull
    {
        foreach (var one in seen)
            counts[one] = counts.GetValueOrDefault(one) + 1;
    }
}
