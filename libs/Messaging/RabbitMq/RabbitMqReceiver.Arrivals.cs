using Ingest.Messaging.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Ingest.Messaging.RabbitMq;

/// <summary>The part that takes batches out of the messages that arrive, and moves those that are not to be worked on here.</summary>
internal sealed partial class RabbitMqReceiver<T>
{
    private string VersionPlace => $"{_queue} version";

    /// <summary>Reads the message while the client still holds its bytes.</summary>
    private async Task ArriveAsync(
        Acknowledgements source, BasicDeliverEventArgs arrived, TaskCompletionSource lost, Task cancelled, CancellationToken ending)
    {
        if (ending.IsCancellationRequested)
        {
            await ReturnLateAsync(source, arrived.DeliveryTag, cancelled);
            return;
        }

        _lastArrival = _broker.Time.GetUtcNow();
        var count = MessageHeaders.DeliveryCount(arrived.BasicProperties);
        try
        {
            foreach (var (batch, message) in await ReadAsync(source, arrived.DeliveryTag, arrived.BasicProperties, arrived.Body, ending))
            {
                if (count < Trial.SuspectAfter)
                    _arrived.Writer.TryWrite(new RabbitMqDelivery<T>(batch, message, isSuspect: false, this));
                else
                    _moving.Add(SetAsideAsync(batch, message, count));
            }
        }
        catch (UnknownBatchVersionException newer)
        {
            // It goes back with everything else; what has gone back often begins anew, for the broker counts.
            if (count >= Trial.SuspectAfter)
                _moving.Add(RenewAsync(new Message(source, arrived.DeliveryTag, 0), MessageHeaders.Copy(arrived.BasicProperties), arrived.Body.ToArray()));
            _broker.Problems?.Report(
                VersionPlace, $"Pipeline {_pipeline}: {newer.Message} Update this service; the queue {_queue} keeps its batches until then.", needsHelp: true);
            lost.TrySetException(newer);
        }
        catch (OperationCanceledException)
        {
            await ReturnLateAsync(source, arrived.DeliveryTag, cancelled);
        }

        // Who stopped has looked already.
        if (_stopped.IsCancellationRequested)
        {
            await cancelled;
            await ReturnUnreceivedAsync();
        }
    }

    /// <summary>To a consumer that is still registered it would come again at once, and again, and the broker counts each time.</summary>
    private static async Task ReturnLateAsync(Acknowledgements source, ulong tag, Task cancelled)
    {
        await cancelled;
        await new Message(source, tag, 0).ReturnAsync();
    }

    /// <summary>Waits for memory, and reads; what cannot be read is buried beside.</summary>
    private async Task<IEnumerable<(T Batch, Message Message)>> ReadAsync(
        Acknowledgements source, ulong tag, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var held = await _memory.AcquireAsync(Body.PlainLength(body.Span), cancellationToken);
        Interlocked.Increment(ref _held);
        try
        {
            if (properties.ContentType is { } kind && kind != T.ContentType)
                throw new BatchFormatException($"A message of kind {kind} is none of {T.ContentType}.");
            var batches = Body.Unpack<T>(body.Span);
            var message = new Message(source, tag, held, batches.Count);
            return batches.Select(batch => (batch, message));
        }
        catch (BatchFormatException unreadable) when (unreadable is not UnknownBatchVersionException || properties.ContentType is null)
        {
            Release(held);
            var message = new Message(source, tag, 0);
            _moving.Add(BuryUnreadableAsync(message, MessageHeaders.Copy(properties), body.ToArray(), unreadable.Message));
            return [];
        }
        catch
        {
            Release(held);
            throw;
        }
    }

    private async Task BuryUnreadableAsync(Message message, BasicProperties properties, byte[] body, string reason)
    {
        if (await TryAsync(() => _undertaker.BuryAsync(properties, body, $"unreadable: {reason}")))
            await message.AcknowledgeAsync();
        else
            await message.ReturnAsync();
    }

    private async Task RenewAsync(Message message, BasicProperties properties, byte[] body)
    {
        if (await TryAsync(() => _broker.Courier.DeliverAsync(_queue, properties, body)))
            await message.AcknowledgeAsync();
    }

    private async Task<bool> TryAsync(Func<Task> move)
    {
        try
        {
            await move();
            return true;
        }
        catch (SendFailedException failure)
        {
            Warn($"a batch could not be moved: {failure.Message}");
        }

        // It comes back at once; the broker may need longer.
        await Task.WhenAny(Task.Delay(_options.ReconnectDelay, _broker.Time, _stopped.Token));
        return false;
    }
}
