namespace Ingest.EndToEndTests.Chaos;

/// <summary>Counts what has happened in a run, for those who wait for more of it.</summary>
internal sealed class Milestones
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _next = New();
    private bool _over;

    public int Count { get; private set; }

    public void Pass() => Tell(() => Count++);

    /// <summary>No more will come; nobody waits from now on.</summary>
    public void End() => Tell(() => _over = true);

    /// <summary>Completes when there are so many, or when no more will come.</summary>
    public async Task ReachAsync(int count, CancellationToken cancellationToken)
    {
        while (Beyond(count) is { } next)
            await next.WaitAsync(cancellationToken);
    }

    /// <inheritdoc cref="ReachAsync(int, CancellationToken)"/>
    /// <param name="count">How many there must be.</param>
    /// <param name="deadline">After which it completes whatever there is.</param>
    /// <param name="cancellationToken">Completes it too.</param>
    public async Task ReachAsync(int count, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(deadline);
        try
        {
            await ReachAsync(count, patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // What happened by then is enough.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task? Beyond(int count)
    {
        lock (_lock)
            return _over || Count >= count ? null : _next.Task;
    }

    private void Tell(Action change)
    {
        lock (_lock)
        {
            change();
            _next.SetResult();
            _next = New();
        }
    }
}
