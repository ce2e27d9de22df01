using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// Settles what came over one channel. The acknowledgements of a moment go together as one: each costs the broker an entry
/// in its log, and both sides a system call.
/// </summary>
/// <param name="channel">Where the messages came, and the only place where their tags mean them.</param>
/// <param name="time">Measures the moment.</param>
internal sealed class Acknowledgements(IChannel channel, TimeProvider time) : IAsyncDisposable
{
    /// <summary>So many wait no longer: the broker sends others only when it has heard of them.</summary>
    private const int Most = 8;

    /// <summary>Little beside what a batch takes: what is done by then comes again if the process dies.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly SettledTags _tags = new();
    private readonly CancellationTokenSource _ending = new();
    private TaskCompletionSource _most = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _telling = Task.CompletedTask;

    public IChannel Channel => channel;

    /// <summary>The broker hears of it within the moment.</summary>
    public void AcknowledgeSoon(ulong tag)
    {
        lock (_lock)
        {
            _tags.Acknowledge(tag);
            if (_tags.Untold == 1)
                _telling = TellAsync(_telling);
            else if (_tags.Untold >= Most)
                _most.TrySetResult();
        }
    }

    /// <summary>The broker hears of it now.</summary>
    public async ValueTask AcknowledgeAsync(ulong tag)
    {
        if (await TryAsync(() => channel.BasicAckAsync(tag, multiple: false)))
            Told(tag);
    }

    /// <summary>Back to its queue.</summary>
    public async ValueTask ReturnAsync(ulong tag)
    {
        if (await TryAsync(() => channel.BasicNackAsync(tag, multiple: false, requeue: true)))
            Told(tag);
    }

    /// <summary>Tells the broker what it has not heard, and closes the channel.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        Task telling;
        lock (_lock)
            telling = _telling;
        await telling;
        await channel.DisposeAsync();
    }

    private void Told(ulong tag)
    {
        lock (_lock)
            _tags.Told(tag);
    }

    /// <summary>Until nothing is left to be told.</summary>
    private async Task TellAsync(Task before)
    {
        await before;
        IReadOnlyList<Acknowledgement> said;
        bool isLast;
        do
        {
            await MomentAsync();
            lock (_lock)
            {
                said = _tags.Take();
                isLast = _tags.Untold == 0;
                _most = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            foreach (var (tag, multiple) in said)
                await TellAsync(tag, multiple);
        }
        while (!isLast);
    }

    private async Task MomentAsync()
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        Task most;
        lock (_lock)
            most = _most.Task;
        await Task.WhenAny(most, Task.Delay(Moment, time, waiting.Token));
        await waiting.CancelAsync();
    }

    private async Task TellAsync(ulong tag, bool multiple)
    {
        try
        {
            await TryAsync(() => channel.BasicAckAsync(tag, multiple));
        }
        catch (Exception unforeseen)
        {
            // A broker that hears of nothing any more sends nothing more: whoever receives shall begin anew.
            await TryAsync(async () => await channel.CloseAsync(Constants.InternalError, $"not acknowledged: {unforeseen.GetType().Name}", abort: true));
        }
    }

    /// <returns>False when the channel went with its deliveries: the broker delivers them again, and the ledger knows them.</returns>
    private async ValueTask<bool> TryAsync(Func<ValueTask> tell)
    {
        if (!channel.IsOpen)
            return false;
        try
        {
            await tell();
            return true;
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, CancellationToken.None))
        {
            return false;
        }
    }
}
