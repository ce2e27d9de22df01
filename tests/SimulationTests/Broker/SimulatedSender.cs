using Ingest.Gateway.Framing;
using Ingest.Messaging;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Broker;

/// <summary>
/// Publishes with confirms. What it says of a batch may be wrong in the ways a broker's client may be wrong: a batch
/// that it could not confirm may be stored, or be stored later, beside the copy that was sent again.
/// </summary>
internal sealed class SimulatedSender<T>(World world, SimulatedProcess process, string pipeline, long inFlightBytes) : IBatchSender<T>
    where T : class, IBatch<T>
{
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(30);

    private readonly BrokerQueue _queue = world.Broker.Queue<T>(pipeline);
    private long _held;

    private Random Chances => world.Broker.Chances;

    public async Task SendAsync(T batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), answer);
        if (batch is LineBatch { Replayable: true } pinned)
            world.Broker.PinnedDefinitions[pinned.Id] = pinned.Definition;
        if (batch is LineBatch lines)
            NoteWhatIsMissing(lines);
        var bytes = Math.Min(batch.Size, inFlightBytes);
        if ((_held += bytes) > inFlightBytes)
            world.Violations.Add(8, $"{process} has {_held} bytes under way to {_queue.Name}, and may have {inFlightBytes}");
        try
        {
            Publish(StoredMessage.Of(batch), answer);
            await answer.Task;
        }
        finally
        {
            _held -= bytes;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void NoteWhatIsMissing(LineBatch batch)
    {
        if (batch.Segments.Any(s => s.Filtered > 0))
            world.Simulator.Met.Add(Encounter.PushedDown);
        if (batch.Rejects.Count == 0 && batch.Segments.Any(s => s.ByteLength > LineBatchBuilder.CutBytes))
            world.Simulator.Met.Add(Encounter.Joined);
    }

    private void Publish(StoredMessage message, TaskCompletionSource answer)
    {
        var faults = world.Faults;
        var blocked = world.Broker.BlockedUntil - world.Simulator.Now;
        if (blocked > PublishTimeout)
        {
            Fail(PublishTimeout, answer, "no confirm in time");
        }
        else if (faults.Strikes(faults.PublishLost, Encounter.PublishLost, Chances))
        {
            Fail(Chances.Next(2) == 0 ? Delay() : PublishTimeout, answer, "the connection was lost before the batch arrived");
        }
        else if (faults.Strikes(faults.ConfirmLost, Encounter.ConfirmLost, Chances))
        {
            Store(Delay(), message, null);
            Fail(Chances.Next(2) == 0 ? Delay() : PublishTimeout, answer, "the connection was lost, the batch perhaps stored");
        }
        else if (faults.Strikes(faults.StoredLate, Encounter.StoredLate, Chances))
        {
            Fail(Delay(), answer, "the connection was lost, the batch is on its way");
            Store(Delay() * (1 + Chances.Next(200)), message, null);
        }
        else
        {
            Store(Delay() + (blocked > TimeSpan.Zero ? blocked : TimeSpan.Zero), message, answer);
        }
    }

    private void Store(TimeSpan delay, StoredMessage message, TaskCompletionSource? answer)
    {
        // Half of the batches are still in the buffers of a process when it dies.
        var outlivesProcess = Chances.Next(2) == 0;
        world.After(delay, () =>
        {
            if (process.IsDead && !outlivesProcess)
                return;
            var refused = world.Faults.Strikes(world.Faults.Nack, Encounter.Nack, Chances) || !_queue.TryStore(message);
            if (refused)
                world.Simulator.Note($"{_queue.Name} refuses {message.Id}");
            if (answer is not null)
                world.After(Delay(), () => Answer(answer, refused));
        });
    }

    private static void Answer(TaskCompletionSource answer, bool refused)
    {
        if (refused)
            answer.TrySetException(new SendFailedException("the queue is full"));
        else
            answer.TrySetResult();
    }

    private void Fail(TimeSpan delay, TaskCompletionSource answer, string why) =>
        world.After(delay, () => answer.TrySetException(new SendFailedException(why)));

    private TimeSpan Delay() => world.Faults.Delay(Chances);
}
