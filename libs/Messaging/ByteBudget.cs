namespace Ingest.Messaging;

/// <summary>A number of bytes that may be held at a time, handed out in the order of asking.</summary>
public sealed class ByteBudget(long bytes)
{
    private readonly long _bytes = bytes;
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private long _free = bytes;

    /// <summary>Bytes that are held now.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_lock)
                return _bytes - _free;
        }
    }

    /// <summary>Whether somebody waits for bytes.</summary>
    public bool IsWaitedFor
    {
        get
        {
            lock (_lock)
                return _waiting.Count > 0;
        }
    }

    /// <summary>Waits until that many bytes are free and takes them. More than the whole budget counts as the whole budget.</summary>
    /// <returns>What to give back with <see cref="Release"/>.</returns>
    public async ValueTask<long> AcquireAsync(long wanted, CancellationToken cancellationToken)
    {
        wanted = Math.Min(wanted, _bytes);
        Waiter waiter;
        lock (_lock)
        {
            if (_waiting.Count == 0 && _free >= wanted)
            {
                _free -= wanted;
                return wanted;
            }

            waiter = new Waiter(wanted);
            _waiting.AddLast(waiter.Node);
        }

        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((Waiter)state!).Granted.TrySetCanceled(token), waiter);
        try
        {
            await waiter.Granted.Task;
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (waiter.Node.List is not null)
                    _waiting.Remove(waiter.Node);
                Grant();
            }

            throw;
        }

        return wanted;
    }

    /// <summary>Takes that many bytes when they are free and nobody waits for any.</summary>
    public bool TryAcquire(long wanted)
    {
        lock (_lock)
        {
            if (_waiting.Count > 0 || _free < wanted)
                return false;
            _free -= wanted;
            return true;
        }
    }

    public void Release(long held)
    {
        lock (_lock)
        {
            _free += held;
            Grant();
        }
    }

    private void Grant()
    {
        while (_waiting.First is { } first && _free >= first.Value.Wanted)
        {
            _waiting.RemoveFirst();
            if (first.Value.Granted.TrySetResult())
                _free -= first.Value.Wanted;
        }
    }

    private sealed class Waiter
    {
        public Waiter(long wanted)
        {
            Wanted = wanted;
            Node = new LinkedListNode<Waiter>(this);
        }

        public long Wanted { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
