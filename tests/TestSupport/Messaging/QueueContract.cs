using System.Text;
using Ingest.Messaging;
using Xunit;

namespace Ingest.TestSupport.Messaging;

/// <summary>
/// What stages rely on, whichever queues they run on. A test class for a transport inherits it; the facts run on the
/// queues that it creates.
/// </summary>
/// <remarks>
/// A send may complete when the batch is stored or only when its consumer acknowledges it, so nothing here waits for a
/// send before the acknowledgement.
/// </remarks>
public abstract class QueueContract
{
    protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>The transport under test; the class that inherits closes what it opened.</summary>
    protected abstract ValueTask<IBatchQueues> CreateQueuesAsync();

    [Fact]
    public async Task A_batch_arrives_as_it_was_sent()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        await using var receiver = queues.CreateReceiver<LineBatch>(pipeline, 16);
        using var batch = CreateBatch(pipeline, "{\"a\":1}\n\n{\"a\":2}", replayable: true);

        var sending = SendAsync(sender, batch);
        var delivery = await ReceiveAsync(receiver);
        var arrived = delivery.Batch;
        Assert.Equal((batch.Id, batch.Pipeline, batch.Definition, batch.Replayable), (arrived.Id, arrived.Pipeline, arrived.Definition, arrived.Replayable));
        Assert.Equal(batch.Segments, arrived.Segments);
        Assert.Equal(batch.Ends, arrived.Ends);
        Assert.Equal(Text(batch), Text(arrived));
        await delivery.AcknowledgeAsync();
        await sending.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Batches_arrive_in_the_order_of_sending()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        await using var receiver = queues.CreateReceiver<LineBatch>(pipeline, 32);
        var arrived = new List<string>();
        var texts = Enumerable.Range(0, 20).Select(i => $"{i}").ToArray();
        foreach (var text in texts)
        {
            using var batch = CreateBatch(pipeline, text);
            var sending = SendAsync(sender, batch);
            var delivery = await ReceiveAsync(receiver);
            arrived.Add(Text(delivery.Batch));
            await delivery.AcknowledgeAsync();
            await sending.WaitAsync(Deadline);
        }

        Assert.Equal(texts, arrived);
    }

    [Fact]
    public async Task A_batch_that_is_put_back_is_delivered_again()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        await using var receiver = queues.CreateReceiver<LineBatch>(pipeline, 16);
        using var batch = CreateBatch(pipeline, "a");
        var sending = SendAsync(sender, batch);

        for (var i = 0; i < 3; i++)
        {
            var delivery = await ReceiveAsync(receiver);
            Assert.Equal((batch.Id, "a"), (delivery.Batch.Id, Text(delivery.Batch)));
            await delivery.RequeueAsync();
        }

        await (await ReceiveAsync(receiver)).AcknowledgeAsync();
        await sending.WaitAsync(Deadline);
    }

    [Fact]
    public async Task An_acknowledged_batch_is_not_delivered_again()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        using var batch = CreateBatch(pipeline, "a");
        await using (var receiver = queues.CreateReceiver<LineBatch>(pipeline, 16))
        {
            var sending = SendAsync(sender, batch);
            await (await ReceiveAsync(receiver)).AcknowledgeAsync();
            await sending.WaitAsync(Deadline);
        }

        await using var next = queues.CreateReceiver<LineBatch>(pipeline, 16);
        await NothingElseIsLeftAsync(sender, next, pipeline);
    }

    [Fact]
    public async Task A_receiver_holds_no_more_than_its_prefetch()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        await using var receiver = queues.CreateReceiver<LineBatch>(pipeline, 2);
        using var batches = new Batches(pipeline, 3);
        var sending = batches.SendAll(sender);

        var first = await ReceiveAsync(receiver);
        var second = await ReceiveAsync(receiver);
        Assert.False(receiver.TryReceive(out _));
        var third = ReceiveAsync(receiver);
        Assert.False(third.IsCompleted || receiver.IsFull);

        await first.AcknowledgeAsync();
        await (await third).AcknowledgeAsync();
        await second.AcknowledgeAsync();
        await sending.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_receiver_that_is_disposed_puts_back_what_it_holds()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        using var batches = new Batches(pipeline, 3);
        var sending = batches.SendAll(sender);
        await using (var receiver = queues.CreateReceiver<LineBatch>(pipeline, 16))
        {
            await ReceiveAsync(receiver);
            await ReceiveAsync(receiver);
        }

        await using var next = queues.CreateReceiver<LineBatch>(pipeline, 16);
        Assert.Equal(batches.Ids, (await FinishAsync(next, 3)).Order());
        await sending.WaitAsync(Deadline);
    }

    [Fact]
    public async Task An_acknowledgement_is_of_one_batch_and_of_none_before_it()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        using var batches = new Batches(pipeline, 3);
        var sending = batches.SendAll(sender);
        Guid acknowledged;
        await using (var receiver = queues.CreateReceiver<LineBatch>(pipeline, 16))
        {
            await ReceiveAsync(receiver);
            await ReceiveAsync(receiver);
            var last = await ReceiveAsync(receiver);
            acknowledged = last.Batch.Id;
            await last.AcknowledgeAsync();
        }

        await using var next = queues.CreateReceiver<LineBatch>(pipeline, 16);
        Assert.Equal(batches.Ids.Where(id => id != acknowledged), (await FinishAsync(next, 2)).Order());
        await sending.WaitAsync(Deadline);
        await NothingElseIsLeftAsync(sender, next, pipeline);
    }

    [Fact]
    public async Task A_return_is_of_one_batch_and_of_none_before_it()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        await using var receiver = queues.CreateReceiver<LineBatch>(pipeline, 16);
        using var batches = new Batches(pipeline, 3);
        var sending = batches.SendAll(sender);
        Delivery<LineBatch>[] held = [await ReceiveAsync(receiver), await ReceiveAsync(receiver), await ReceiveAsync(receiver)];
        var returned = held[2].Batch.Id;
        await held[2].RequeueAsync();

        Assert.Equal([returned], await FinishAsync(receiver, 1));
        foreach (var delivery in held[..2])
            await delivery.AcknowledgeAsync();
        await sending.WaitAsync(Deadline);
        await NothingElseIsLeftAsync(sender, receiver, pipeline);
    }

    [Fact]
    public async Task A_stopped_receiver_takes_nothing_more_and_settles_what_it_holds()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        await using var receiver = queues.CreateReceiver<LineBatch>(pipeline, 16);
        using var batches = new Batches(pipeline, 2);
        var sending = batches.SendAll(sender);
        var held = await ReceiveAsync(receiver);
        await receiver.StopAsync();
        Assert.False(receiver.TryReceive(out _));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReceiveAsync(receiver));

        await held.AcknowledgeAsync();
        await using var next = queues.CreateReceiver<LineBatch>(pipeline, 16);
        Assert.DoesNotContain(held.Batch.Id, await FinishAsync(next, 1));
        await sending.WaitAsync(Deadline);
    }

    [Fact]
    public async Task What_a_stopped_receiver_puts_back_goes_to_another_one()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        await using var receiver = queues.CreateReceiver<LineBatch>(pipeline, 16);
        using var batch = CreateBatch(pipeline, "a");
        var sending = SendAsync(sender, batch);
        var held = await ReceiveAsync(receiver);
        await receiver.StopAsync();
        await held.RequeueAsync();

        await using var next = queues.CreateReceiver<LineBatch>(pipeline, 16);
        var again = await ReceiveAsync(next);
        Assert.Equal(batch.Id, again.Batch.Id);
        Assert.False(receiver.TryReceive(out _));
        await again.AcknowledgeAsync();
        await sending.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_receive_that_is_cancelled_takes_nothing()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        await using var receiver = queues.CreateReceiver<LineBatch>(pipeline, 2);
        for (var i = 0; i < 3; i++)
        {
            using var cancelling = new CancellationTokenSource();
            var receiving = receiver.ReceiveAsync(cancelling.Token).AsTask();
            await cancelling.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving);
        }

        using var batches = new Batches(pipeline, 2);
        var sending = batches.SendAll(sender);
        var deliveries = new[] { await ReceiveAsync(receiver), await ReceiveAsync(receiver) };
        foreach (var delivery in deliveries)
            await delivery.AcknowledgeAsync();
        await sending.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Two_receivers_share_a_queue_and_each_batch_goes_to_one_of_them()
    {
        var (queues, pipeline) = (await CreateQueuesAsync(), TestNames.Pipeline());
        await using var sender = queues.CreateSender<LineBatch>(pipeline);
        await using var one = queues.CreateReceiver<LineBatch>(pipeline, 1);
        await using var two = queues.CreateReceiver<LineBatch>(pipeline, 1);
        using var batches = new Batches(pipeline, 10);
        var sending = batches.SendAll(sender);

        // Each holds one, so neither gets all.
        var (fromOne, fromTwo) = (await ReceiveAsync(one), await ReceiveAsync(two));
        var arrived = new List<Guid> { fromOne.Batch.Id, fromTwo.Batch.Id };
        await fromOne.AcknowledgeAsync();
        await fromTwo.AcknowledgeAsync();
        var (receivingOne, receivingTwo) = (ReceiveAsync(one), ReceiveAsync(two));
        while (arrived.Count < 10)
        {
            var first = await Task.WhenAny(receivingOne, receivingTwo);
            var delivery = await first;
            arrived.Add(delivery.Batch.Id);
            await delivery.AcknowledgeAsync();
            if (first == receivingOne)
                receivingOne = ReceiveAsync(one);
            else
                receivingTwo = ReceiveAsync(two);
        }

        Assert.Equal(batches.Ids, arrived.Order());
        await sending.WaitAsync(Deadline);
        await one.StopAsync();
        await two.StopAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(receivingOne, receivingTwo));
    }

    [Fact]
    public async Task Pipelines_and_kinds_of_batches_have_queues_of_their_own()
    {
        var (queues, pipeline, other) = (await CreateQueuesAsync(), TestNames.Pipeline(), TestNames.Pipeline());
        await using var lines = queues.CreateSender<LineBatch>(pipeline);
        await using var otherLines = queues.CreateSender<LineBatch>(other);
        await using var rows = queues.CreateSender<RowBatch>(pipeline);
        using var lineBatch = CreateBatch(pipeline, "lines");
        using var otherBatch = CreateBatch(other, "other");
        using var rowBatch = CreateRows(pipeline);
        var sending = Task.WhenAll(SendAsync(otherLines, otherBatch), SendAsync(rows, rowBatch), SendAsync(lines, lineBatch));

        await using var lineReceiver = queues.CreateReceiver<LineBatch>(pipeline, 16);
        await using var otherReceiver = queues.CreateReceiver<LineBatch>(other, 16);
        await using var rowReceiver = queues.CreateReceiver<RowBatch>(pipeline, 16);
        var line = await ReceiveAsync(lineReceiver);
        var otherLine = await ReceiveAsync(otherReceiver);
        var row = await ReceiveAsync(rowReceiver);
        Assert.Equal((lineBatch.Id, otherBatch.Id, rowBatch.Id), (line.Batch.Id, otherLine.Batch.Id, row.Batch.Id));
        Assert.Equal(rowBatch.Tuples.ToArray(), row.Batch.Tuples.ToArray());
        await line.AcknowledgeAsync();
        await otherLine.AcknowledgeAsync();
        await row.AcknowledgeAsync();
        await sending.WaitAsync(Deadline);
    }

    /// <summary>One segment of one source with the lines given. It shares its message with no other, unless it is replayable.</summary>
    protected static LineBatch CreateBatch(string pipeline, string lines, bool replayable = false)
    {
        var bytes = Encoding.UTF8.GetBytes(lines);
        var source = Guid.NewGuid();
        return new LineBatch
        {
            Id = Guid.NewGuid(),
            Pipeline = pipeline,
            Definition = "0123456789abcdef",
            Replayable = replayable,
            Segments =
            [
                new Segment
                {
                    SourceId = source,
                    Source = "file é",
                    FirstLine = 5,
                    NextLine = 8,
                    ByteOffset = 1L << 40,
                    ByteLength = bytes.Length,
                    Lines = 2,
                    PayloadLength = bytes.Length,
                },
            ],
            Ends = [new SourceEnd(source, "file é", 6, 7, (1L << 40) + bytes.Length, DateTimeOffset.UnixEpoch)],
            Lines = bytes,
        };
    }

    protected static async Task<Delivery<T>> ReceiveAsync<T>(IBatchReceiver<T> receiver) where T : class, IBatch<T>
    {
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            return await receiver.ReceiveAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException("No delivery.");
        }
    }

    /// <summary>Receives and acknowledges that many batches.</summary>
    private static async Task<List<Guid>> FinishAsync(IBatchReceiver<LineBatch> receiver, int count)
    {
        var finished = new List<Guid>();
        while (finished.Count < count)
        {
            var delivery = await ReceiveAsync(receiver);
            finished.Add(delivery.Batch.Id);
            await delivery.AcknowledgeAsync();
        }

        return finished;
    }

    /// <summary>What is sent now is what arrives next.</summary>
    private static async Task NothingElseIsLeftAsync(IBatchSender<LineBatch> sender, IBatchReceiver<LineBatch> receiver, string pipeline)
    {
        using var marker = CreateBatch(pipeline, "marker");
        var sending = SendAsync(sender, marker);
        Assert.Equal([marker.Id], await FinishAsync(receiver, 1));
        await sending.WaitAsync(Deadline);
    }

    protected static Task SendAsync<T>(IBatchSender<T> sender, T batch) where T : class, IBatch<T> =>
        sender.SendAsync(batch, CancellationToken.None);

    private static RowBatch CreateRows(string pipeline) => new()
    {
        Id = Guid.NewGuid(),
        Pipeline = pipeline,
        Definition = "0123456789abcdef",
        Columns = [new RowColumn("a", ColumnType.Integer)],
        Segments = [],
        RowLines = [],
        Tuples = new byte[] { 0, 1, 0, 0, 0, 4, 0, 0, 0, 7 },
    };

    private static string Text(LineBatch batch) => Encoding.UTF8.GetString(batch.Lines.Span);

    private sealed class Batches(string pipeline, int count) : IDisposable
    {
        private readonly LineBatch[] _all = [.. Enumerable.Range(0, count).Select(i => CreateBatch(pipeline, $"{i}"))];

        public IEnumerable<Guid> Ids => _all.Select(b => b.Id).Order();

        public Task SendAll(IBatchSender<LineBatch> sender) => Task.WhenAll(_all.Select(b => SendAsync(sender, b)));

        public void Dispose()
        {
            foreach (var batch in _all)
                batch.Dispose();
        }
    }
}
