namespace Ingest.Gateway.Sources;

/// <summary>Somebody who holds a place in a <see cref="ReceivePool"/>.</summary>
internal interface IReceiver
{
    /// <summary>Since when it has waited for the end of a line that its sender keeps back; null while it waits for nothing of its sender's.</summary>
    long? StalledSince { get; }

    /// <summary>Makes it leave; it has no other way to say that it will.</summary>
    void End();
}

/// <summary>
/// Places for receive buffers of one size, given in the order of asking. While somebody waits, a holder whose sender
/// has kept a line's end back for the deadline is ended, the longest stalled first and one for each who waits; while
/// nobody waits, a place may be held for ever.
/// </summary>
/// <param name="places">How many there are.</param>
/// <param name="deadline">How long a holder may stall while others wait.</param>
/// <param name="time">The clock.</param>
internal sealed class ReceivePool(int places, TimeSpan deadline, TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly List<IReceiver> _holders = [];
    private readonly HashSet<IReceiver> _leaving = [];
    private readonly LinkedList<Waiter> _waiting = [];
    private ITimer? _timer;
    private bool _refused;

    public int Places => places;

    /// <summary>Places that are taken.</summary>
    public int Taken
    {
        get
        {
            lock (_lock)
                return _holders.Count;
        }
    }

    /// <summary>Somebody waits for a place, or was refused one and none was given since.</summary>
    public bool IsContended
    {
        get
        {
            lock (_lock)
                return _waiting.Count > 0 || _refused;
        }
    }

    /// <summary>Takes a place when there is one and nobody waits.</summary>
    public bool TryEnter(IReceiver receiver)
    {
        lock (_lock)
        {
            _refused = _waiting.Count > 0 || _holders.Count == places;
            if (!_refused)
                _holders.Add(receiver);
            return !_refused;
        }
    }

    /// <summary>Waits for a place.</summary>
    public async Task EnterAsync(IReceiver receiver, CancellationToken cancellationToken)
    {
        if (TryEnter(receiver))
            return;
        var waiter = new Waiter(receiver);
        lock (_lock)
        {
            _waiting.AddLast(waiter.Node);
            Grant();
        }

        EndStalled();
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
    }

    public void Leave(IReceiver receiver)
    {
        lock (_lock)
        {
            _holders.Remove(receiver);
            _leaving.Remove(receiver);
            Grant();
        }
    }

    private void Grant()
    {
        while (_holders.Count < places && _waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            if (!first.Value.Granted.TrySetResult())
                continue;
            _holders.Add(first.Value.Receiver);
            _refused = false;
        }

        if (_waiting.Count > 0)
            return;
        _timer?.Dispose();
        _timer = null;
    }

    private void EndStalled()
    {
        IReceiver[] stalled;
        lock (_lock)
        {
            stalled = [.. _holders
                .Where(h => !_leaving.Contains(h) && RestOf(h) <= TimeSpan.Zero)
                .OrderBy(h => h.StalledSince)
                .Take(_waiting.Count - _leaving.Count)];
            _leaving.UnionWith(stalled);
            if (_waiting.Count > 0)
                LookAgain();
        }

        foreach (var receiver in stalled)
            receiver.End();
    }

    private void LookAgain()
    {
        var next = _holders.Except(_leaving).Select(RestOf).Where(rest => rest > TimeSpan.Zero).Append(deadline).Min();
        next = next < Shortest ? Shortest : next;
        if (_timer is null)
            _timer = time.CreateTimer(static pool => ((ReceivePool)pool!).EndStalled(), this, next, Timeout.InfiniteTimeSpan);
        else
            _timer.Change(next, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How long the holder may stall yet.</summary>
    private TimeSpan RestOf(IReceiver holder) =>
        holder.StalledSince is { } since ? deadline - time.GetElapsedTime(since) : deadline;

    private sealed class Waiter
    {
        public Waiter(IReceiver receiver)
        {
            Receiver = receiver;
            Node = new LinkedListNode<Waiter>(this);
        }

        public IReceiver Receiver { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
