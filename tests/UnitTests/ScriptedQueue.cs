using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Ingest.Messaging;

namespace Ingest.UnitTests;

/// <summary>A queue whose deliveries a test puts in and whose settlements it reads.</summary>
internal sealed class ScriptedQueue : IBatchQueues
{
    private readonly Channel<RowBatch> _batches = Channel.CreateUnbounded<RowBatch>();
    private readonly HashSet<Guid> _suspects = [];
    private readonly List<string> _log = [];
    private int _waits;

    public bool SendsAwaitConsumers => true;

    public int Receivers { get; private set; }

    /// <summary>How often somebody began to wait for a delivery.</summary>
    public int Waits => _waits;

    /// <summary>Whether its receivers say that they are full.</summary>
    public bool IsFull { get; set; }

    /// <summary>What happened, in order; others may write here too.</summary>
    public string[] Log
    {
        get
        {
            lock (_log)
                return [.. _log];
        }
    }

    public void Put(RowBatch batch, bool suspect = false)
    {
        if (suspect)
            _suspects.Add(batch.Id);
        _batches.Writer.TryWrite(batch);
    }

    public void Note(string what)
    {
        lock (_log)
            _log.Add(what);
    }

    public IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T> => throw new NotSupportedException();

    public IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T>
    {
        Receivers++;
        return (IBatchReceiver<T>)(object)new Receiver(this);
    }

    private sealed class Receiver(ScriptedQueue queue) : IBatchReceiver<RowBatch>
    {
        public bool IsFull => queue.IsFull;

        public async ValueTask<Delivery<RowBatch>> ReceiveAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref queue._waits);
            return new Scripted(queue, await queue._batches.Reader.ReadAsync(cancellationToken));
        }

        public bool TryReceive([NotNullWhen(true)] out Delivery<RowBatch>? delivery)
        {
            delivery = queue._batches.Reader.TryRead(out var batch) ? new Scripted(queue, batch) : null;
            return delivery is not null;
        }

        public Task StopAsync()
        {
            queue.Note("stop");
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Scripted(ScriptedQueue queue, RowBatch batch) : Delivery<RowBatch>
    {
        public override RowBatch Batch => batch;

        public override bool IsSuspect => queue._suspects.Contains(batch.Id);

        public override ValueTask AcknowledgeAsync() => Settle($"ack {Name}");

        public override ValueTask RequeueAsync()
        {
            queue._batches.Writer.TryWrite(batch);
            return Settle($"requeue {Name}");
        }

        public override ValueTask BuryAsync(string reason) => Settle($"bury {Name}: {reason}");

        private string Name => batch.Segments[0].Source;

        private ValueTask Settle(string what)
        {
            queue.Note(what);
            return ValueTask.CompletedTask;
        }
    }
}
