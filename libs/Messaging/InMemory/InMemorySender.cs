namespace Ingest.Messaging.InMemory;

internal sealed class InMemorySender<T>(InMemoryQueue<T> queue) : IBatchSender<T> where T : class, IBatch<T>
{
    public async Task SendAsync(T batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var message = new InMemoryMessage<T>(batch, queue);
        queue.Put(message);
        await using var registration = cancellationToken.UnsafeRegister(
            static state => ((InMemoryMessage<T>)state!).Withdraw(), message);
        await message.Settled;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
