using System.Diagnostics.CodeAnalysis;

namespace Ingest.Messaging.InMemory;

internal sealed class InMemoryReceiver<T>(InMemoryQueue<T> queue, int prefetchMessages) : IBatchReceiver<T>
    where T : class, IBatch<T>
{
    /// <summary>One for each message that may be held. A semaphore would leave its caller's scheduler.</summary>
    private readonly ByteBudget _room = new(prefetchMessages);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _lock = new();
    private readonly HashSet<HeldMessage> _held = [];
    private bool _disposed;

    /// <summary>Batches lie in their senders' memory.</summary>
    public bool IsFull => false;

    public async ValueTask<Delivery<T>> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        var place = await _room.AcquireAsync(1, either.Token);
        try
        {
            while (true)
            {
                var message = await queue.Messages.ReadAsync(either.Token);
                if (Hold(message) is { } delivery)
                    return delivery;
            }
        }
        catch
        {
            _room.Release(place);
            throw;
        }
    }

    public bool TryReceive([NotNullWhen(true)] out Delivery<T>? delivery)
    {
        delivery = null;
        if (_stopped.IsCancellationRequested || !_room.TryAcquire(1))
            return false;
        while (delivery is null && queue.Messages.TryRead(out var message))
            delivery = Hold(message);
        if (delivery is null)
            _room.Release(1);
        return delivery is not null;
    }

    public Task StopAsync()
    {
        _stopped.Cancel();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _stopped.Cancel();
        HeldMessage[] held;
        lock (_lock)
        {
            _disposed = true;
            held = [.. _held];
        }

        foreach (var delivery in held)
            await delivery.RequeueAsync();
    }

    private HeldMessage? Hold(InMemoryMessage<T> message)
    {
        if (!message.TryHold())
            return null;
        var delivery = new HeldMessage(message, this);
        lock (_lock)
        {
            if (!_disposed && _held.Add(delivery))
                return delivery;
        }

        message.Requeue();
        return null;
    }

    private bool Settle(HeldMessage delivery)
    {
        lock (_lock)
        {
            if (!_held.Remove(delivery))
                return false;
        }

        _room.Release(1);
        return true;
    }

    private sealed class HeldMessage(InMemoryMessage<T> message, InMemoryReceiver<T> receiver) : Delivery<T>
    {
        public override T Batch => message.Batch;

        public override ValueTask AcknowledgeAsync()
        {
            if (receiver.Settle(this))
                message.Acknowledge();
            return ValueTask.CompletedTask;
        }

        public override ValueTask RequeueAsync()
        {
            if (receiver.Settle(this))
                message.Requeue();
            return ValueTask.CompletedTask;
        }

        public override ValueTask BuryAsync(string reason)
        {
            if (receiver.Settle(this))
                message.Bury(reason);
            return ValueTask.CompletedTask;
        }
    }
}
