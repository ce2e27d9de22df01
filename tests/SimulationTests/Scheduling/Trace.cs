namespace Ingest.SimulationTests.Scheduling;

/// <summary>What happened, as a hash of all of it and the last of it in words.</summary>
internal sealed class Trace
{
    private readonly Queue<string> _tail = new();

    /// <summary>How much of it is kept in words.</summary>
    public int Kept { get; set; } = 100;

    public ulong Hash { get; private set; } = 14_695_981_039_346_656_037;

    public IEnumerable<string> Tail => _tail;

    /// <summary>Who is next, out of how many, and when.</summary>
    public void Step(int process, int choice, long time)
    {
        Add((ulong)process);
        Add((ulong)choice);
        Add((ulong)time);
    }

    public void Note(string what)
    {
        foreach (var character in what)
            Add(character);
        _tail.Enqueue(what);
        if (_tail.Count > Kept)
            _tail.Dequeue();
    }

    private void Add(ulong value) => Hash = unchecked((Hash ^ value) * 1_099_511_628_211);
}
