namespace Ingest.Messaging;

/// <summary>Work that was started and is not done yet, such as the batches of a source that are not safe yet.</summary>
public sealed class InFlight
{
    private readonly Lock _lock = new();

    /// <summary>Completed outside of the lock, and then at once: waiting with others for it must not leave the caller's scheduler.</summary>
    private TaskCompletionSource _none = new();
    private Exception? _failure;
    private int _count;

    public InFlight() => _none.SetResult();

    /// <summary>Completes when nothing is in flight, with the first failure if there was one.</summary>
    public Task None => _none.Task;

    public bool IsEmpty => _none.Task.IsCompleted;

    /// <summary>The first failure, as soon as there is one.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    public void Add(Task safe)
    {
        lock (_lock)
        {
            if (_count++ == 0 && _failure is null)
                _none = new TaskCompletionSource();
        }

        safe.ContinueWith(Remove, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Current);
    }

    private void Remove(Task safe)
    {
        TaskCompletionSource none;
        lock (_lock)
        {
            if (safe.IsFaulted)
                _failure ??= safe.Exception.GetBaseException();
            else if (safe.IsCanceled)
                _failure ??= new OperationCanceledException("The batch was given up.");
            if (--_count > 0)
                return;
            none = _none;
        }

        if (_failure is null)
            none.TrySetResult();
        else
            none.TrySetException(_failure);
    }
}
