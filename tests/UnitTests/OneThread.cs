namespace Ingest.UnitTests;

/// <summary>Runs tasks on the test's own thread, one step after another, so that nothing happens while it looks.</summary>
internal sealed class OneThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Step, object? State)> _steps = new();

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_steps)
            _steps.Enqueue((d, state));
    }

    /// <summary>Runs the action and whatever follows from it, until everything waits.</summary>
    public void Run(Action action)
    {
        var outside = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
            while (TryTake(out var next))
                next.Step(next.State);
        }
        finally
        {
            SetSynchronizationContext(outside);
        }
    }

    private bool TryTake(out (SendOrPostCallback Step, object? State) next)
    {
        lock (_steps)
            return _steps.TryDequeue(out next);
    }
}
