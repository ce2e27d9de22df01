namespace Ingest.SimulationTests.Scenarios;

/// <summary>Runs many seeds, each on one thread from its beginning to its end.</summary>
internal static class Seeds
{
    /// <summary>The result of the lowest seed that found something, or null.</summary>
    public static RunResult? FindFirst(int seeds, Func<int, RunResult> run)
    {
        RunResult? found = null;
        var gate = new Lock();
        Parallel.For(0, seeds, (seed, loop) =>
        {
            var result = run(seed);
            if (result.Violations.Count == 0)
                return;
            loop.Break();
            lock (gate)
            {
                if (found is null || seed < found.Seed)
                    found = result;
            }
        });
        return found;
    }
}
