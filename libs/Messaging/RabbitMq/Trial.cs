namespace Ingest.Messaging.RabbitMq;

/// <summary>What the number of a suspect's unfinished attempts says of it.</summary>
internal enum Verdict
{
    /// <summary>It is to be tried.</summary>
    Open,

    /// <summary>Somebody's connection broke meanwhile, ours too, or a living process returned it: the count says nothing, and begins anew.</summary>
    Unproven,

    Guilty,
}

/// <summary>
/// Tells a batch that kills its consumers from one that was there when they died. The broker counts every time that it
/// takes a message back, when a process dies and when only a connection breaks. So many counts make a suspect, which
/// waits in a queue of its own and is tried while its process does nothing else; what is counted there are attempts.
/// A process that was cut off itself cannot tell whether others died, and convicts nobody.
/// </summary>
internal sealed class Trial(Broker broker)
{
    /// <summary>Deliveries that came back before a batch is set aside.</summary>
    public const int SuspectAfter = 5;

    /// <summary>Attempts alone that nobody finished before a batch is buried.</summary>
    public const int GuiltyAfter = 3;

    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a suspect has been set aside since <see cref="Begin"/>.</summary>
    public Task SuspectMoved => Volatile.Read(ref _moved).Task;

    public void Begin()
    {
        if (SuspectMoved.IsCompleted)
            Volatile.Write(ref _moved, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    public void Moved() => Volatile.Read(ref _moved).TrySetResult();

    /// <summary>The process lives, and the broker counts what it held all the same: its channel was lost, or it had to return a suspect.</summary>
    public void Lived() => broker.LastLoss = broker.Time.GetUtcNow();

    public Verdict Judge(long attempts)
    {
        if (attempts < GuiltyAfter)
            return Verdict.Open;
        return broker.Time.GetUtcNow() - broker.LastLoss < Memory ? Verdict.Unproven : Verdict.Guilty;
    }
}
