using System.Threading.Channels;

namespace Ingest.Messaging.InMemory;

/// <summary>Batches between their sender, who owns them, and their consumer, who borrows them.</summary>
internal sealed class InMemoryQueue<T> where T : class, IBatch<T>
{
    // Unbounded in count: what is in it is bounded by the in-flight budget of those who send.
    private readonly Channel<InMemoryMessage<T>> _messages = Channel.CreateUnbounded<InMemoryMessage<T>>();

    public ChannelReader<InMemoryMessage<T>> Messages => _messages.Reader;

    public void Put(InMemoryMessage<T> message) => _messages.Writer.TryWrite(message);
}

/// <summary>One batch under way. Only a message that no consumer holds can be withdrawn by its sender.</summary>
internal sealed class InMemoryMessage<T>(T batch, InMemoryQueue<T> queue) where T : class, IBatch<T>
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _held;
    private bool _withdrawn;

    public T Batch => batch;

    /// <summary>Completes when the consumer acknowledged; cancelled when the sender withdrew the batch first.</summary>
    public Task Settled => _settled.Task;

    public bool TryHold()
    {
        lock (_lock)
            return !_withdrawn && (_held = true);
    }

    public void Acknowledge()
    {
        lock (_lock)
            _held = false;
        _settled.TrySetResult();
    }

    public void Bury(string reason)
    {
        lock (_lock)
            _held = false;
        _settled.TrySetException(new BatchBuriedException($"Batch {batch.Id} of pipeline {batch.Pipeline} cannot be dealt with: {reason}"));
    }

    public void Requeue()
    {
        lock (_lock)
        {
            _held = false;
            if (!_withdrawn)
            {
                queue.Put(this);
                return;
            }
        }

        _settled.TrySetCanceled();
    }

    /// <summary>The sender gives up: at once when nobody holds the batch, otherwise when its holder puts it back.</summary>
    public void Withdraw()
    {
        lock (_lock)
        {
            _withdrawn = true;
            if (_held)
                return;
        }

        _settled.TrySetCanceled();
    }
}
