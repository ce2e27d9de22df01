using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Assertions;

/// <summary>What a run found wrong. The first is the one to look at.</summary>
internal sealed class Violations(Simulator simulator, IReadOnlyList<int> silenced)
{
    private readonly List<string> _found = [];

    public IReadOnlyList<string> Found => _found;

    public bool Any => _found.Count > 0;

    /// <param name="assertion">Its number, as the architecture lists them.</param>
    /// <param name="what">What is wrong.</param>
    public void Add(int assertion, string what)
    {
        if (silenced.Contains(assertion))
            return;
        _found.Add($"[{assertion}] {what}");
        simulator.Note($"VIOLATION [{assertion}] {what}");
    }
}
