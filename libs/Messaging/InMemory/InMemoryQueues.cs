using System.Collections.Concurrent;

namespace Ingest.Messaging.InMemory;

/// <summary>
/// The queues of one process: same rules as the broker's, but nothing is stored, so that a send completes only when
/// the consumer acknowledges.
/// </summary>
public sealed class InMemoryQueues : IBatchQueues
{
    private readonly ConcurrentDictionary<(string Pipeline, Type Kind), object> _queues = new();

    public bool SendsAwaitConsumers => true;

    public IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T> =>
        new InMemorySender<T>(Queue<T>(pipeline));

    public IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T> =>
        new InMemoryReceiver<T>(Queue<T>(pipeline), prefetchMessages);

    private InMemoryQueue<T> Queue<T>(string pipeline) where T : class, IBatch<T> =>
        (InMemoryQueue<T>)_queues.GetOrAdd((pipeline, typeof(T)), _ => new InMemoryQueue<T>());
}
