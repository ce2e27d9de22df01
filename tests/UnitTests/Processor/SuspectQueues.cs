using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Ingest.Messaging;
using Ingest.Messaging.InMemory;

namespace Ingest.UnitTests.Processor;

/// <summary>In-memory queues that hand some line batches over as suspects, as a broker's do.</summary>
internal sealed class SuspectQueues : IBatchQueues
{
    private readonly InMemoryQueues _queues = new();

    public HashSet<Guid> Suspects { get; } = [];

    /// <summary>Ids of the batches that a stage buried, with the reason.</summary>
    public Dictionary<Guid, string> Buried { get; } = [];

    /// <summary>How often a line batch went back while its receiver, which would get it again, still took batches.</summary>
    public int ReturnedToItself { get; private set; }

    /// <summary>What a suspect's return waits for.</summary>
    public Task Room { get; set; } = Task.CompletedTask;

    /// <summary>How many line batches each receiver, so each session, may hold.</summary>
    public ConcurrentQueue<int> Prefetches { get; } = [];

    /// <summary>False where they pass for a broker's, which counts what goes back.</summary>
    public bool SendsAwaitConsumers { get; set; } = true;

    public IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T> => _queues.CreateSender<T>(pipeline);

    public IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T>
    {
        if (typeof(T) == typeof(LineBatch))
            Prefetches.Enqueue(prefetchMessages);
        return new Receiver<T>(_queues.CreateReceiver<T>(pipeline, prefetchMessages), this);
    }

    private sealed class Receiver<T>(IBatchReceiver<T> inner, SuspectQueues queues) : IBatchReceiver<T> where T : class, IBatch<T>
    {
        public bool IsStopped { get; private set; }

        public bool IsFull => inner.IsFull;

        public async ValueTask<Delivery<T>> ReceiveAsync(CancellationToken cancellationToken) =>
            new Wrapped<T>(await inner.ReceiveAsync(cancellationToken), this, queues);

        public bool TryReceive([NotNullWhen(true)] out Delivery<T>? delivery) =>
            (delivery = inner.TryReceive(out var found) ? new Wrapped<T>(found, this, queues) : null) is not null;

        public Task StopAsync()
        {
            IsStopped = true;
            return inner.StopAsync();
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Wrapped<T>(Delivery<T> inner, Receiver<T> receiver, SuspectQueues queues) : Delivery<T> where T : class, IBatch<T>
    {
        public override T Batch => inner.Batch;

        public override bool IsSuspect { get; } = typeof(T) == typeof(LineBatch) && queues.Suspects.Contains(inner.Batch.Id);

        public override ValueTask AcknowledgeAsync() => inner.AcknowledgeAsync();

        public override async ValueTask RequeueAsync()
        {
            if (queues.Suspects.Remove(inner.Batch.Id))
                await queues.Room;
            if (typeof(T) == typeof(LineBatch) && !receiver.IsStopped)
                queues.ReturnedToItself++;
            await inner.RequeueAsync();
        }

        public override ValueTask BuryAsync(string reason)
        {
            queues.Buried[inner.Batch.Id] = reason;
            return inner.BuryAsync(reason);
        }
    }
}
