namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// The copies of one batch that were sent and whose confirms may still come. The first confirm of any makes the batch
/// safe, however late it is.
/// </summary>
internal sealed class UnconfirmedCopies : IDisposable
{
    private readonly List<Task> _copies = [];
    private readonly CancellationTokenSource _given = new();

    /// <summary>How many have no answer yet.</summary>
    public int Unanswered => _copies.Count(c => !c.IsCompleted);

    /// <summary>How many passed their deadline, those included whose connection was given up since, so that nothing comes any more.</summary>
    public int Late { get; set; }

    /// <summary>Ends the wait for all confirms.</summary>
    public CancellationToken GivenUp => _given.Token;

    public bool AreConfirmed => _copies.Exists(c => c.IsCompletedSuccessfully);

    /// <summary>Completes when any copy is confirmed, or as the one added here does.</summary>
    public async Task AddAsync(Task copy)
    {
        _copies.RemoveAll(c => c.IsFaulted || c.IsCanceled);
        _copies.Add(copy);
        var waiting = _copies.ToList();
        while (true)
        {
            var done = await Task.WhenAny(waiting);
            if (done == copy || done.IsCompletedSuccessfully)
            {
                await done;
                return;
            }

            waiting.Remove(done);
        }
    }

    public void Dispose()
    {
        _given.Cancel();
        _given.Dispose();
    }
}
