using Ingest.Messaging;
using Ingest.Messaging.InMemory;
using Ingest.TestSupport.Messaging;

namespace Ingest.UnitTests.Messaging;

public class InMemoryQueueTests : QueueContract
{
    private readonly InMemoryQueues _queues = new();

    protected override ValueTask<IBatchQueues> CreateQueuesAsync() => new(_queues);

    [Fact]
    public async Task A_send_completes_when_its_consumer_acknowledges_and_not_before()
    {
        await using var sender = _queues.CreateSender<LineBatch>("p");
        await using var receiver = _queues.CreateReceiver<LineBatch>("p", 16);
        using var batch = CreateBatch("p", "a");
        var sending = SendAsync(sender, batch);
        Assert.False(sending.IsCompleted);
        Assert.True(receiver.TryReceive(out var delivery));
        Assert.Same(batch, delivery.Batch);
        await delivery.RequeueAsync();
        Assert.True(receiver.TryReceive(out delivery));
        Assert.False(sending.IsCompleted);

        await delivery.AcknowledgeAsync();
        await sending.SoonAsync();
    }

    [Fact]
    public async Task A_batch_that_nobody_holds_is_withdrawn_at_once()
    {
        await using var sender = _queues.CreateSender<LineBatch>("p");
        await using var receiver = _queues.CreateReceiver<LineBatch>("p", 1);
        using var cancelling = new CancellationTokenSource();
        using var withdrawn = CreateBatch("p", "withdrawn");
        using var kept = CreateBatch("p", "kept");
        var sending = sender.SendAsync(withdrawn, cancelling.Token);
        var sendingKept = SendAsync(sender, kept);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.SoonAsync());

        var delivery = await ReceiveAsync(receiver);
        Assert.Same(kept, delivery.Batch);
        await delivery.AcknowledgeAsync();
        await sendingKept.SoonAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_batch_that_somebody_holds_is_withdrawn_when_its_holder_puts_it_back(bool acknowledged)
    {
        await using var sender = _queues.CreateSender<LineBatch>("p");
        await using var receiver = _queues.CreateReceiver<LineBatch>("p", 16);
        using var cancelling = new CancellationTokenSource();
        using var batch = CreateBatch("p", "a");
        var sending = sender.SendAsync(batch, cancelling.Token);
        var delivery = await ReceiveAsync(receiver);
        await cancelling.CancelAsync();
        Assert.False(sending.IsCompleted);

        if (acknowledged)
        {
            await delivery.AcknowledgeAsync();
            await sending.SoonAsync();
        }
        else
        {
            await delivery.RequeueAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.SoonAsync());
        }

        Assert.False(receiver.TryReceive(out _));
    }

    [Fact]
    public async Task A_batch_whose_sender_was_cancelled_before_is_never_queued()
    {
        await using var sender = _queues.CreateSender<LineBatch>("p");
        await using var receiver = _queues.CreateReceiver<LineBatch>("p", 16);
        using var batch = CreateBatch("p", "a");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sender.SendAsync(batch, new CancellationToken(canceled: true)));
        Assert.False(receiver.TryReceive(out _));
    }

    [Fact]
    public async Task What_is_settled_twice_counts_once()
    {
        await using var sender = _queues.CreateSender<LineBatch>("p");
        await using var receiver = _queues.CreateReceiver<LineBatch>("p", 1);
        using var batch = CreateBatch("p", "a");
        var sending = SendAsync(sender, batch);
        var delivery = await ReceiveAsync(receiver);
        await delivery.RequeueAsync();
        await delivery.AcknowledgeAsync();
        Assert.False(sending.IsCompleted);

        var again = await ReceiveAsync(receiver);
        Assert.False(receiver.TryReceive(out _));
        await again.AcknowledgeAsync();
        await again.RequeueAsync();
        await sending.SoonAsync();
        Assert.False(receiver.TryReceive(out _));
    }

    [Fact]
    public async Task A_batch_that_arrives_while_its_receiver_is_disposed_goes_to_another()
    {
        await using var sender = _queues.CreateSender<LineBatch>("p");
        var receiver = _queues.CreateReceiver<LineBatch>("p", 16);
        using var batch = CreateBatch("p", "a");
        var context = new HeldContext();
        var receiving = context.Start(() => receiver.ReceiveAsync(CancellationToken.None).AsTask());
        var sending = SendAsync(sender, batch);
        await receiver.DisposeAsync();
        context.GoOn();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.SoonAsync());

        await using var next = _queues.CreateReceiver<LineBatch>("p", 16);
        Assert.True(next.TryReceive(out var delivery));
        await delivery.AcknowledgeAsync();
        await sending.SoonAsync();
    }

    /// <summary>Keeps what waits from going on until it is told to.</summary>
    private sealed class HeldContext : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _held = [];

        public Task Start(Func<Task> action)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                return action();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }

        public void GoOn()
        {
            Assert.NotEmpty(_held);
            while (_held.TryDequeue(out var next))
                next.Callback(next.State);
        }

        public override void Post(SendOrPostCallback d, object? state) => _held.Enqueue((d, state));
    }
}
