using Microsoft.Extensions.Logging;

namespace Ingest.Messaging.RabbitMq;

/// <summary>The part that sets suspects aside and tries them, one at a time (<see cref="Trial"/>).</summary>
internal sealed partial class RabbitMqReceiver<T>
{
    private static readonly TimeSpan ForAnothersSuspect = TimeSpan.FromSeconds(5);

    /// <summary>Where the suspects' queue does not take it, it is worked on from where it is, once that leads anywhere.</summary>
    private async Task SetAsideAsync(T batch, Message message, long count)
    {
        var suspect = new RabbitMqDelivery<T>(batch, message, isSuspect: true, this);
        LogSuspect(_broker.Logger, _queue, batch.Id, count);
        while (!await TryAsync(() => _undertaker.MoveAsync(batch, _undertaker.Suspects)))
        {
            if (!OutputGoes && suspect.IsAlive && !_stopped.IsCancellationRequested)
                continue;
            _arrived.Writer.TryWrite(suspect);
            return;
        }

        await suspect.AcknowledgeAsync();
        _trial.Moved();
    }

    /// <summary>
    /// What would come of a suspect has a way. Without one a trial ends in nothing, and holds all other work up until its
    /// patience does.
    /// </summary>
    private bool OutputGoes => !_broker.Publishing.IsBlocked && !_broker.Refusals.IsRecent(Topology.QueueName<RowBatch>(_pipeline));

    /// <summary>Takes suspects, each when the one before is settled, and none while the process has another one.</summary>
    private async Task TrySuspectsAsync(Acknowledgements source, Task lost)
    {
        _trial.Begin();
        while (!lost.IsCompleted && OutputGoes)
        {
            // Another pipeline's suspect may wait for its database; ours waits for the next look then.
            if (!await _broker.Suspect.WaitAsync(ForAnothersSuspect, _stopped.Token))
                return;
            try
            {
                // What is being moved there is acknowledged first where it was, or its two copies would be tried in turn.
                await Task.WhenAny(_moving.None, lost).WaitAsync(_stopped.Token);
                if (await source.Channel.BasicGetAsync(_undertaker.Suspects, autoAck: false, _stopped.Token) is not { } found)
                    return;
                var attempts = MessageHeaders.DeliveryCount(found.BasicProperties);
                foreach (var (batch, message) in await ReadAsync(source, found.DeliveryTag, found.BasicProperties, found.Body, _stopped.Token))
                    await TryAsync(batch, message, attempts, lost);
            }
            finally
            {
                _broker.Suspect.Release();
            }
        }
    }

    private async Task TryAsync(T batch, Message message, long attempts, Task lost)
    {
        var suspect = new RabbitMqDelivery<T>(batch, message, isSuspect: true, this);
        switch (_trial.Judge(attempts))
        {
            case Verdict.Guilty:
                var reason = $"delivered {Trial.SuspectAfter} times among others and {attempts} times alone, and no consumer lived to finish it";
                if (await TryAsync(() => _undertaker.BuryAsync(batch, reason, BurialCause.Poison)))
                    await suspect.AcknowledgeAsync();
                else
                    await suspect.ReturnAsync();
                return;
            case Verdict.Unproven when await TryAsync(() => _undertaker.MoveAsync(batch, _undertaker.Suspects)):
                await suspect.AcknowledgeAsync();
                return;
            default:
                _arrived.Writer.TryWrite(suspect);
                await Task.WhenAny(suspect.Settled, lost).WaitAsync(_stopped.Token);
                return;
        }
    }

    /// <summary>
    /// A suspect that lives goes back to its queue, and where that is full among the suspects, uncounted either way. Only
    /// a receiver that stops returns one that nothing takes, and convicts nobody for a while: it knows of a count that was no death.
    /// </summary>
    private async Task<bool> TryReleaseAsync(RabbitMqDelivery<T> suspect)
    {
        while (suspect.IsAlive)
        {
            if (await TryAsync(() => MoveBackAsync(suspect.Batch)))
                return true;
            if (_stopped.IsCancellationRequested)
                break;
        }

        _trial.Lived();
        return false;
    }

    private async Task MoveBackAsync(T batch)
    {
        try
        {
            await _undertaker.MoveAsync(batch, _queue);
        }
        catch (SendFailedException)
        {
            await _undertaker.MoveAsync(batch, _undertaker.Suspects);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Queue {Queue}: batch {BatchId} came back {Count} times and is tried alone")]
    private static partial void LogSuspect(ILogger logger, string queue, Guid batchId, long count);
}
