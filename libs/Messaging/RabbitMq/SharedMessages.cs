using Ingest.Messaging.Wire;
using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// Publishes small batches, several in one message where they come fast: for the broker, for its disk and for whoever
/// consumes it a message of many small batches is hardly dearer than a message of one. One that follows no other goes at
/// once; those that come within <see cref="RabbitMqOptions.GatherFor"/> of a message go together at the end of that time.
/// </summary>
internal sealed class SharedMessages<T>(Broker broker, string queue) : IDisposable where T : class, IBatch<T>
{
    /// <summary>A larger batch pays for its own message.</summary>
    private const int LargestBatchBytes = 16 * 1024;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    private readonly BodyPacker _packer = new(broker.Options.Compression);
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended = new();
    private SharedMessage<T>? _gathering;
    private long? _lastSent;

    /// <summary>Publishes the batch beside others, if it is one that waits for others now.</summary>
    /// <returns>Completes with the message's confirm, or fails as the message does; null when the batch goes alone.</returns>
    public Task? TryPublishAsync(IChannel channel, T batch, EncodedBatch encoded, CancellationToken givenUp)
    {
        if (!batch.SharesMessages || encoded.Length > LargestBatchBytes)
            return null;
        SharedMessage<T> message;
        lock (_lock)
        {
            if (_gathering is { } open && open.Channel == channel)
            {
                message = open;
                message.Add(batch, encoded);
                if (message.IsFull)
                    _gathering = null;
            }
            else if (TimeLeft() is var wait && wait >= ShortestWait)
            {
                _gathering = message = new SharedMessage<T>(channel);
                message.Add(batch, encoded);
                message.Published = PublishAsync(message, wait);
            }
            else
            {
                _lastSent = broker.Time.GetTimestamp();
                return null;
            }
        }

        if (message.IsFull)
            message.EndWait();
        return message.Published.WaitAsync(givenUp);
    }

    /// <summary>Gives up what waits for its confirm.</summary>
    public void Dispose() => _ended.Cancel();

    private TimeSpan TimeLeft() =>
        _lastSent is { } last ? broker.Options.GatherFor - broker.Time.GetElapsedTime(last) : TimeSpan.Zero;

    private async Task PublishAsync(SharedMessage<T> message, TimeSpan wait)
    {
        using (message)
        {
            using (var waiting = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token))
            {
                await Task.WhenAny(message.WaitEnded, Task.Delay(wait, broker.Time, waiting.Token));
                await waiting.CancelAsync();
            }

            lock (_lock)
            {
                if (_gathering == message)
                    _gathering = null;
                _lastSent = broker.Time.GetTimestamp();
            }

            using var body = Pack(message);
            await message.Channel.BasicPublishAsync(
                "", queue, mandatory: true, message.Properties(Body.PlainLength(body.Memory.Span)), body.Memory, _ended.Token);
        }
    }

    /// <summary>What fails here may fail each time; whoever is sent again goes alone.</summary>
    private PooledMemory Pack(SharedMessage<T> message)
    {
        try
        {
            return message.Pack(_packer);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            throw new SendFailedException($"a message of several batches cannot be packed: {fault.GetType().Name}: {fault.Message}", fault);
        }
    }
}
