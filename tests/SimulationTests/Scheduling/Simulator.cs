namespace Ingest.SimulationTests.Scheduling;

/// <summary>
/// One thread, one clock and one seeded order of everything that happens. Time passes only when nobody has anything to
/// do; of those who have, chance picks who is next.
/// </summary>
internal sealed class Simulator(int seed)
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<WorkItem> _runnable = [];
    private readonly PriorityQueue<Alarm, (long Due, long Order)> _alarms = new();
    private readonly Random _choices = new SeededRandom(seed, "choices");

    /// <summary>How often the oldest item is next instead of any: some seeds hardly reorder, some do nothing else.</summary>
    private readonly double _orderliness = new SeededRandom(seed, "orderliness").Next(4) / 4.0;
    private long _order;
    private readonly PriorityQueue<Action, (long Step, long Order)> _atSteps = new();
    private string? _stray;

    public int Seed => seed;

    public TimeSpan Now { get; private set; }

    public long Steps { get; private set; }

    public Trace Trace { get; } = new();

    /// <summary>The work of a faulty wait: something that the stages started runs on a thread that is not ours.</summary>
    public string? Stray => Volatile.Read(ref _stray);

    /// <summary>A stream of chances of its own, so that one part of a run may change without all others changing.</summary>
    public Random CreateRandom(string purpose) => new SeededRandom(seed, purpose);

    public void Enqueue(SimulatedProcess process, SendOrPostCallback work, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Interlocked.CompareExchange(ref _stray, $"{process}: work comes from another thread.\n{Environment.StackTrace}", null);
            return;
        }

        if (!process.IsDead)
            _runnable.Add(new WorkItem(process, work, state));
    }

    public HashSet<Encounter> Met { get; } = [];

    public void Note(string what) => Trace.Note($"{Now.TotalSeconds,10:0.000} {what}");

    /// <summary>Something that the process does when the time has come, unless it is dead by then.</summary>
    public Alarm Schedule(SimulatedProcess process, TimeSpan delay, Action action)
    {
        var alarm = new Alarm(process, action);
        _alarms.Enqueue(alarm, ((Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero)).Ticks, _order++));
        return alarm;
    }

    /// <summary>Something that happens outside before the step of that number.</summary>
    public void AtStep(long step, Action action) => _atSteps.Enqueue(action, (step, _order++));

    /// <summary>Goes on until the condition holds.</summary>
    /// <returns>False when it does not by then, or when nothing will ever happen again.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan deadline)
    {
        var outer = SynchronizationContext.Current;
        try
        {
            while (!condition())
            {
                if (Stray is not null || !(StepOnce() || Advance(deadline)))
                    return false;
            }

            return true;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private bool StepOnce()
    {
        while (_runnable.Count > 0)
        {
            while (_atSteps.TryPeek(out var action, out var place) && place.Step <= Steps)
            {
                _atSteps.Dequeue();
                action();
            }

            if (_runnable.Count == 0)
                return false;
            var index = _choices.NextDouble() < _orderliness ? 0 : _choices.Next(_runnable.Count);
            var item = _runnable[index];
            _runnable.RemoveAt(index);
            if (item.Process.IsDead)
                continue;
            if (item.Process.IsFrozen)
            {
                item.Process.Keep(item.Work, item.State);
                continue;
            }

            Steps++;
            Trace.Step(item.Process.Number, index, Now.Ticks);
            item.Process.Execute(item.Work, item.State);
            return true;
        }

        return false;
    }

    private bool Advance(TimeSpan deadline)
    {
        if (!_alarms.TryPeek(out _, out var next) || next.Due > deadline.Ticks)
            return false;
        Now = new TimeSpan(next.Due);
        while (_alarms.TryPeek(out var alarm, out var place) && place.Due <= Now.Ticks)
        {
            _alarms.Dequeue();
            if (!alarm.IsCancelled)
                Enqueue(alarm.Process, static state => ((Alarm)state!).Ring(), alarm);
        }

        return true;
    }

    private readonly record struct WorkItem(SimulatedProcess Process, SendOrPostCallback Work, object? State);
}

/// <summary>Something that happens later.</summary>
internal sealed class Alarm(SimulatedProcess process, Action action)
{
    public SimulatedProcess Process => process;

    public bool IsCancelled { get; private set; }

    public void Cancel() => IsCancelled = true;

    public void Ring()
    {
        if (!IsCancelled)
            action();
    }
}
