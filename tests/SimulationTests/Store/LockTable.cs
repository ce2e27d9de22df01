namespace Ingest.SimulationTests.Store;

/// <summary>
/// Locks that transactions hold until they end: whoever enters a key that another transaction has entered waits for
/// that one's end. Who would wait for itself is told so.
/// </summary>
internal sealed class LockTable
{
    private readonly Dictionary<object, Transaction> _holders = [];
    private readonly Dictionary<object, List<Waiter>> _waiting = [];

    public bool IsEmpty => _holders.Count == 0;

    /// <summary>Completes when the transaction has the lock.</summary>
    /// <exception cref="DeadlockException">Whoever holds it waits, directly or not, for the same transaction.</exception>
    public Task AcquireAsync(Transaction transaction, object key)
    {
        if (!_holders.TryGetValue(key, out var holder))
        {
            _holders.Add(key, transaction);
            transaction.Locks.Add(key);
            return Task.CompletedTask;
        }

        if (holder == transaction)
            return Task.CompletedTask;
        for (var next = holder; next is not null; next = next.WaitsFor is { } other && _holders.TryGetValue(other, out var blocker) ? blocker : null)
        {
            if (next == transaction)
                return Task.FromException(new DeadlockException());
        }

        transaction.WaitsFor = key;
        var waiter = new Waiter(transaction);
        if (!_waiting.TryGetValue(key, out var queue))
            _waiting.Add(key, queue = []);
        queue.Add(waiter);
        return waiter.Granted.Task;
    }

    /// <summary>Waits no longer.</summary>
    public void GiveUp(Transaction transaction)
    {
        if (transaction.WaitsFor is { } wanted && _waiting.TryGetValue(wanted, out var queue))
            queue.RemoveAll(w => w.Transaction == transaction);
        transaction.WaitsFor = null;
    }

    /// <summary>Gives up all that it holds and all that it waits for.</summary>
    public void Release(Transaction transaction)
    {
        GiveUp(transaction);
        foreach (var key in transaction.Locks)
        {
            _holders.Remove(key);
            if (!_waiting.TryGetValue(key, out var waiters) || waiters.Count == 0)
                continue;
            var next = waiters[0];
            waiters.RemoveAt(0);
            next.Transaction.WaitsFor = null;
            next.Transaction.Locks.Add(key);
            _holders.Add(key, next.Transaction);
            next.Granted.TrySetResult();
        }

        transaction.Locks.Clear();
    }

    private sealed class Waiter(Transaction transaction)
    {
        public Transaction Transaction => transaction;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

internal sealed class DeadlockException : Exception;
