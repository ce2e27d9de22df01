namespace Ingest.Messaging;

/// <summary>
/// Keeps work on a suspect batch apart from all other work of the process, so that a death names its culprit: any
/// number of batches may be worked on at a time, or one alone. Whoever waits to be alone keeps newcomers waiting.
/// </summary>
public sealed class Isolation
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private int _working;
    private bool _alone;

    /// <summary>Waits for a place; dispose what comes back to leave it.</summary>
    /// <param name="alone">True when nothing else may be worked on meanwhile.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Place> EnterAsync(bool alone, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_lock)
        {
            if (_waiting.Count == 0 && MayEnter(alone))
            {
                Enter(alone);
                return new Place(this);
            }

            waiter = new Waiter(alone);
            waiter.Node = _waiting.AddLast(waiter);
        }

        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((Waiter)state!).Entered.TrySetCanceled(token), waiter);
        try
        {
            await waiter.Entered.Task;
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (waiter.Node!.List is not null)
                    _waiting.Remove(waiter.Node);
                Admit();
            }

            throw;
        }

        return new Place(this);
    }

    private bool MayEnter(bool alone) => alone ? _working == 0 : !_alone;

    private void Enter(bool alone)
    {
        _working++;
        _alone = alone;
    }

    private void Leave()
    {
        lock (_lock)
        {
            _working--;
            _alone = false;
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.First is { Value: var next } && MayEnter(next.Alone))
        {
            _waiting.RemoveFirst();
            if (next.Entered.TrySetResult())
                Enter(next.Alone);
        }
    }

    /// <summary>A place among those who work; disposed once.</summary>
    public readonly struct Place(Isolation isolation) : IDisposable
    {
        public void Dispose() => isolation.Leave();
    }

    private sealed class Waiter(bool alone)
    {
        public bool Alone { get; } = alone;

        public LinkedListNode<Waiter>? Node { get; set; }

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
