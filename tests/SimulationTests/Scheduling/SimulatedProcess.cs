namespace Ingest.SimulationTests.Scheduling;

/// <summary>
/// An operating-system process, or the world outside of all of them. Whatever its code awaits continues as a work item
/// of the process, so that a crash is simple: from then on no item of it runs. Not even its finally blocks do.
/// </summary>
internal sealed class SimulatedProcess : SynchronizationContext
{
    private readonly Simulator _simulator;
    private readonly List<(SendOrPostCallback Work, object? State)> _kept = [];
    private long _crashAtStep = long.MaxValue;
    private long _steps;

    public SimulatedProcess(Simulator simulator, string name, int number)
    {
        _simulator = simulator;
        Name = name;
        Number = number;
        Time = new SimulatedTime(simulator, this);
    }

    /// <summary>Heard once when the process is gone.</summary>
    public event Action? Died;

    /// <summary>Heard when it stops and when it goes on.</summary>
    public event Action<bool>? FreezeChanged;

    public string Name { get; }

    public int Number { get; }

    public SimulatedTime Time { get; }

    public bool IsDead { get; private set; }

    public bool IsFrozen { get; private set; }

    /// <summary>Begins an activity of the process.</summary>
    public void Start(Action action) => Post(static state => ((Action)state!)(), action);

    /// <summary>Ends it after so many further steps, wherever that is.</summary>
    public void CrashAfter(long steps) => _crashAtStep = _steps + steps;

    public void Crash()
    {
        if (IsDead)
            return;
        IsDead = true;
        _kept.Clear();
        _simulator.Note($"{Name} is gone");
        Died?.Invoke();
    }

    public void Freeze()
    {
        if (IsDead || IsFrozen)
            return;
        IsFrozen = true;
        _simulator.Met.Add(Encounter.Freeze);
        _simulator.Note($"{Name} freezes");
        FreezeChanged?.Invoke(true);
    }

    public void Thaw()
    {
        if (IsDead || !IsFrozen)
            return;
        IsFrozen = false;
        _simulator.Note($"{Name} goes on");
        foreach (var (work, state) in _kept)
            _simulator.Enqueue(this, work, state);
        _kept.Clear();
        FreezeChanged?.Invoke(false);
    }

    public void Keep(SendOrPostCallback work, object? state) => _kept.Add((work, state));

    public void Execute(SendOrPostCallback work, object? state)
    {
        SetSynchronizationContext(this);
        work(state);
        if (++_steps < _crashAtStep || IsDead)
            return;
        _simulator.Met.Add(Encounter.Crash);
        Crash();
    }

    public override void Post(SendOrPostCallback d, object? state) => _simulator.Enqueue(this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nobody waits here.");

    public override SynchronizationContext CreateCopy() => this;

    public override string ToString() => Name;
}
