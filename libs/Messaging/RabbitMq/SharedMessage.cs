using Ingest.Messaging.Wire;
using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>A message that is still open for further batches. It keeps their bytes, not the batches.</summary>
internal sealed class SharedMessage<T>(IChannel channel) : IDisposable where T : class, IBatch<T>
{
    /// <summary>Bytes at which it waits for no further batch; it fits one frame then, compressed or not.</summary>
    private const int FullBytes = 96 * 1024;

    /// <summary>
    /// Batches at which it waits for no further one. For each that waits here the stage holds the message it came from, and
    /// it may hold few: where all of them waited, nothing would come that could fill this one.
    /// </summary>
    private const int FullBatches = Prefetch.Fewest / 2;

    private readonly WireWriter _batches = new(4 * 1024);
    private readonly TaskCompletionSource _waitEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BasicProperties? _properties;
    private int _count;
    private long _lines;

    /// <summary>Where it is published: a batch on another channel goes in another message.</summary>
    public IChannel Channel => channel;

    public bool IsFull { get; private set; }

    public Task WaitEnded => _waitEnded.Task;

    /// <summary>Completes with the confirm.</summary>
    public Task Published { get; set; } = Task.CompletedTask;

    public void Add(T batch, EncodedBatch encoded)
    {
        _properties ??= MessageHeaders.Create(batch, 0);
        _batches.Batch(encoded);
        _count++;
        _lines += batch.Segments.Sum(s => (long)s.Lines);
        IsFull = _count >= FullBatches || _batches.Length >= FullBytes;
    }

    public void EndWait() => _waitEnded.TrySetResult();

    public PooledMemory Pack(BodyPacker packer) => packer.PackSeveral(_batches.Written.Span);

    /// <summary>The first batch's, with the lines of all.</summary>
    public BasicProperties Properties(int plainBytes) => _properties!.OfSeveral(_count, _lines, plainBytes);

    public void Dispose() => _batches.Dispose();
}
