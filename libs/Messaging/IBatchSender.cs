namespace Ingest.Messaging;

/// <summary>Puts batches into one pipeline's queue.</summary>
public interface IBatchSender<T> : IAsyncDisposable where T : class, IBatch<T>
{
    /// <summary>
    /// Completes when the batch is safe: confirmed by the broker, or, in one process, acknowledged by its consumer.
    /// The caller keeps the batch, unchanged, until then.
    /// </summary>
    /// <exception cref="SendFailedException">Not stored, or not known to be; the same batch may be sent again.</exception>
    Task SendAsync(T batch, CancellationToken cancellationToken);
}

/// <summary>A batch that is not known to be stored.</summary>
public sealed class SendFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Takes batches from one pipeline's queue, in the order of delivery.</summary>
public interface IBatchReceiver<T> : IAsyncDisposable where T : class, IBatch<T>
{
    /// <summary>Waits for the next delivery; several callers may wait at a time.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was taken.</exception>
    ValueTask<Delivery<T>> ReceiveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The next delivery, when one is there already. Never a suspect, and nothing while a suspect is held: whoever
    /// collects several must not mix them.
    /// </summary>
    bool TryReceive([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Delivery<T>? delivery);

    /// <summary>Whether it waits for memory: whatever its prefetch, nothing more comes before something that is held is settled.</summary>
    bool IsFull { get; }

    /// <summary>Takes no further deliveries; those that nobody received yet go back to the queue.</summary>
    Task StopAsync();
}

/// <summary>One batch as it was handed to a consumer, who settles it once: acknowledged or put back.</summary>
public abstract class Delivery<T> where T : class, IBatch<T>
{
    public abstract T Batch { get; }

    /// <summary>
    /// True when the batch was delivered several times and nobody finished it: it may be what kills its consumers, and
    /// is to be worked on alone (<see cref="Isolation"/>).
    /// </summary>
    public virtual bool IsSuspect => false;

    /// <summary>What counts against the prefetch: the message, which batches may share.</summary>
    public virtual object Unit => this;

    /// <summary>The batch is dealt with; its memory must not be read any more.</summary>
    public abstract ValueTask AcknowledgeAsync();

    /// <summary>The batch is to be delivered again; its memory must not be read any more.</summary>
    public abstract ValueTask RequeueAsync();

    /// <summary>
    /// No consumer can ever deal with the batch: it is moved to the pipeline's dead queue with the reason, or, in one
    /// process, its sender hears of it (<see cref="BatchBuriedException"/>). Its memory must not be read any more.
    /// When the dead queue cannot be reached the batch goes back to its queue.
    /// </summary>
    public abstract ValueTask BuryAsync(string reason);
}

/// <summary>A consumer could not deal with the batch, and there is no dead queue to keep it in.</summary>
public sealed class BatchBuriedException(string message) : Exception(message);

/// <summary>Makes the two ends of a pipeline's queues: over RabbitMQ, or in memory.</summary>
public interface IBatchQueues
{
    /// <summary>
    /// True where a send completes only when the consumer has acknowledged, and so, by induction, when the database has
    /// committed.
    /// </summary>
    bool SendsAwaitConsumers { get; }

    IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T>;

    /// <param name="pipeline">The pipeline's name.</param>
    /// <param name="prefetchMessages">How many messages the consumer may hold unacknowledged; see <see cref="Prefetch"/>.</param>
    IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T>;

    /// <summary>How many of the pipeline's messages lie in its queues and nobody works on them; null when that cannot be told.</summary>
    Task<long?> CountWaitingAsync(string pipeline, CancellationToken cancellationToken) => Task.FromResult<long?>(null);
}
