using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RabbitMQ.Client;

namespace Ingest.IntegrationTests.Queues;

/// <summary>Small batches that share a message are as safe as those that have one each.</summary>
public sealed class SharedMessageTests(SharedServers servers)
{
    private static readonly RabbitMqOptions Options = new();

    private readonly FakeTimeProvider _time = new();
    private readonly string _pipeline = TestNames.Pipeline();

    private string Rows => Topology.QueueName<RowBatch>(_pipeline);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Batches_that_follow_a_message_share_the_next_and_arrive_each_in_order()
    {
        await using var queues = await QueuesAsync();
        await using var sender = queues.CreateSender<RowBatch>(_pipeline);
        var first = Batch();
        await sender.SendAsync(first, Token);

        var others = Enumerable.Range(0, 7).Select(_ => Batch()).ToArray();
        var sending = others.Select(batch => sender.SendAsync(batch, Token)).ToArray();
        Assert.All(sending, send => Assert.False(send.IsCompleted));
        await HoldsAsync(Rows, 1);
        await GatheredAsync(sending);
        await HoldsAsync(Rows, 2);

        // After a quiet time one goes at once again.
        _time.Advance(Options.GatherFor);
        var last = Batch();
        await sender.SendAsync(last, Token);
        await HoldsAsync(Rows, 3);

        await using var receiver = queues.CreateReceiver<RowBatch>(_pipeline, 16);
        foreach (var batch in (RowBatch[])[first, .. others, last])
        {
            var delivery = await ReceiveAsync(receiver);
            Assert.Equal((batch.Id, batch.Pipeline), (delivery.Batch.Id, delivery.Batch.Pipeline));
            Assert.Equal(batch.Segments, delivery.Batch.Segments);
            Assert.Equal(batch.Tuples.ToArray(), delivery.Batch.Tuples.ToArray());
            await delivery.AcknowledgeAsync();
        }

        await receiver.DisposeAsync();
        await IsEmptyAsync(Rows);
    }

    [Fact]
    public async Task What_a_filter_left_of_a_replayable_source_shares_a_message_and_live_lines_do_not()
    {
        await using (var queues = await QueuesAsync(TimeProvider.System))
        await using (var sender = queues.CreateSender<LineBatch>(_pipeline))
            await sender.SendAsync(Lines(replayable: false), Token);

        await using (var queues = await QueuesAsync(_time))
        await using (var sender = queues.CreateSender<LineBatch>(_pipeline))
        {
            await sender.SendAsync(Lines(replayable: true), Token);
            var cuts = Enumerable.Range(0, 5).Select(_ => sender.SendAsync(Lines(replayable: true), Token)).ToArray();
            for (var i = 0; i < 2; i++)
                await sender.SendAsync(Lines(replayable: false), Token).WaitAsync(BrokerFixture.Deadline, Token);
            Assert.All(cuts, cut => Assert.False(cut.IsCompleted));
            await GatheredAsync(cuts);
        }

        await HoldsAsync(Topology.QueueName<LineBatch>(_pipeline), 5);

        LineBatch Lines(bool replayable) => RandomBatches.Lines(_pipeline, 40, replayable);
    }

    [Theory]
    [InlineData(7, 14_500)]
    [InlineData(8, 1_000)]
    public async Task A_message_that_is_full_waits_for_nothing_and_a_large_batch_has_its_own(int batches, int bytes)
    {
        await using var queues = await QueuesAsync();
        await using var sender = queues.CreateSender<RowBatch>(_pipeline);
        await sender.SendAsync(Batch(), Token);
        await Task.WhenAll(Enumerable.Range(0, batches).Select(_ => sender.SendAsync(Batch(bytes: bytes), Token))).WaitAsync(BrokerFixture.Deadline, Token);
        await sender.SendAsync(Batch(bytes: 200_000), Token);
        await HoldsAsync(Rows, 3);
    }

    [Fact]
    public async Task A_shared_message_is_acknowledged_with_the_last_of_its_batches()
    {
        await using var queues = await QueuesAsync();
        var ids = await SendTogetherAsync(queues, 4);
        await using (var receiver = queues.CreateReceiver<RowBatch>(_pipeline, 16))
        {
            for (var i = 0; i < 3; i++)
                await (await ReceiveAsync(receiver)).AcknowledgeAsync();
        }

        // The fourth was not worked on, so all come again: who has written three of them knows their ids.
        await using var next = queues.CreateReceiver<RowBatch>(_pipeline, 16);
        Assert.Equal(ids, await FinishAsync(next, 4));
        await next.DisposeAsync();
        await IsEmptyAsync(Rows);
    }

    [Fact]
    public async Task A_batch_that_is_put_back_comes_again_with_those_beside_it()
    {
        await using var queues = await QueuesAsync();
        var ids = await SendTogetherAsync(queues, 3);
        await using var receiver = queues.CreateReceiver<RowBatch>(_pipeline, 16);
        var (one, two, three) = (await ReceiveAsync(receiver), await ReceiveAsync(receiver), await ReceiveAsync(receiver));
        Assert.Same(one.Unit, three.Unit);
        await two.RequeueAsync();
        await one.AcknowledgeAsync();
        Assert.False(receiver.TryReceive(out _));
        await three.AcknowledgeAsync();
        Assert.Equal(ids, await FinishAsync(receiver, 3));
    }

    [Fact]
    public async Task A_batch_that_is_buried_takes_no_other_with_it()
    {
        await using var queues = await QueuesAsync();
        var ids = await SendTogetherAsync(queues, 3);
        await using (var receiver = queues.CreateReceiver<RowBatch>(_pipeline, 16))
        {
            await (await ReceiveAsync(receiver)).AcknowledgeAsync();
            await (await ReceiveAsync(receiver)).BuryAsync("it does not fit");
            await (await ReceiveAsync(receiver)).AcknowledgeAsync();
        }

        await IsEmptyAsync(Rows);
        await HoldsAsync(Topology.DeadQueueName(_pipeline), 1);
        var dead = await OnChannelAsync(channel => channel.BasicGetAsync(Topology.DeadQueueName(_pipeline), autoAck: true, Token));
        Assert.Equal(ids[1], Assert.Single(Messaging.Wire.Body.Unpack<RowBatch>(dead!.Body.Span)).Id);
    }

    [Fact]
    public async Task A_shared_message_that_came_back_too_often_is_taken_apart_and_each_batch_tried_alone()
    {
        await using var queues = await QueuesAsync();
        var ids = await SendTogetherAsync(queues, 3);
        for (var i = 0; i < Trial.SuspectAfter; i++)
        {
            await OnChannelAsync(async channel =>
            {
                var message = await channel.BasicGetAsync(Rows, autoAck: false, Token);
                await channel.BasicNackAsync(message!.DeliveryTag, multiple: false, requeue: true, Token);
                return true;
            });
        }

        await using var receiver = queues.CreateReceiver<RowBatch>(_pipeline, 16);
        var tried = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            var suspect = await ReceiveAsync(receiver);
            Assert.True(suspect.IsSuspect);
            Assert.False(receiver.TryReceive(out _));
            tried.Add(suspect.Batch.Id);
            await suspect.AcknowledgeAsync();
        }

        Assert.Equal(ids.Order(), tried.Order());
        await receiver.DisposeAsync();
        await IsEmptyAsync(Rows);
        await IsEmptyAsync(Topology.SuspectQueueName(Rows));
    }

    [Fact]
    public async Task A_shared_message_that_is_refused_is_nobodys_confirm()
    {
        await OnChannelAsync(channel => channel.QueueDeclareAsync(
            Rows,
            durable: true,
            exclusive: false,
            autoDelete: false,
            arguments: new Dictionary<string, object?>(Topology.WorkQueueArguments(_pipeline)) { ["x-max-length-bytes"] = 1L },
            cancellationToken: Token));
        await using var queues = await QueuesAsync();
        await using var sender = queues.CreateSender<RowBatch>(_pipeline);
        await sender.SendAsync(Batch(), Token);
        var sending = new[] { sender.SendAsync(Batch(), Token), sender.SendAsync(Batch(), Token) };
        await Assert.ThrowsAsync<SendFailedException>(() => GatheredAsync(sending));
        Assert.All(sending, send => Assert.IsType<SendFailedException>(send.Exception?.InnerException));
        await HoldsAsync(Rows, 1);
    }

    [Fact]
    public async Task Whoever_gives_up_leaves_the_message_to_the_others()
    {
        await using var queues = await QueuesAsync();
        await using var sender = queues.CreateSender<RowBatch>(_pipeline);
        await sender.SendAsync(Batch(), Token);
        using var givingUp = new CancellationTokenSource();
        var (given, other) = (sender.SendAsync(Batch(), givingUp.Token), sender.SendAsync(Batch(), Token));
        await givingUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await GatheredAsync(other);
        await HoldsAsync(Rows, 2);
    }

    /// <summary>The queues are there already: whoever makes them waits for their leaders, in real time.</summary>
    private async Task<RabbitMqQueues> QueuesAsync()
    {
        await using (var queues = await QueuesAsync(TimeProvider.System))
        await using (var sender = queues.CreateSender<RowBatch>(_pipeline))
            await sender.SendAsync(Batch(), Token);
        await OnChannelAsync(channel => channel.QueuePurgeAsync(Rows, Token));
        return await QueuesAsync(_time);
    }

    private async Task<RabbitMqQueues> QueuesAsync(TimeProvider time) => new(
        Microsoft.Extensions.Options.Options.Create(new RabbitMqOptions { Uri = (await servers.RabbitMqAsync()).Uri }),
        time,
        NullLogger<RabbitMqQueues>.Instance);

    /// <summary>Leaves that many batches in the queue, in one message.</summary>
    private async Task<Guid[]> SendTogetherAsync(RabbitMqQueues queues, int count)
    {
        await using var sender = queues.CreateSender<RowBatch>(_pipeline);
        await sender.SendAsync(Batch(), Token);
        var batches = Enumerable.Range(0, count).Select(_ => Batch()).ToArray();
        await GatheredAsync([.. batches.Select(batch => sender.SendAsync(batch, Token))]);
        await OnChannelAsync(channel => channel.BasicGetAsync(Rows, autoAck: true, Token));
        await HoldsAsync(Rows, 1);
        return [.. batches.Select(b => b.Id)];
    }

    private async Task GatheredAsync(params Task[] sending)
    {
        _time.Advance(Options.GatherFor);
        await Task.WhenAll(sending).WaitAsync(BrokerFixture.Deadline, Token);
    }

    private static Task<Delivery<RowBatch>> ReceiveAsync(IBatchReceiver<RowBatch> receiver) =>
        receiver.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token);

    private static async Task<List<Guid>> FinishAsync(IBatchReceiver<RowBatch> receiver, int count)
    {
        var finished = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            var delivery = await ReceiveAsync(receiver);
            finished.Add(delivery.Batch.Id);
            await delivery.AcknowledgeAsync();
        }

        return finished;
    }

    private async Task<T> OnChannelAsync<T>(Func<IChannel, Task<T>> work) =>
        await new BrokerFixture(await servers.RabbitMqAsync()).OnChannelAsync(work);

    private async Task HoldsAsync(string queue, uint count) => await new BrokerFixture(await servers.RabbitMqAsync()).HoldsAsync(queue, count);

    private async Task IsEmptyAsync(string queue) => await new BrokerFixture(await servers.RabbitMqAsync()).IsEmptyAsync(queue);

    private RowBatch Batch(int bytes = 40) => RandomBatches.Rows(_pipeline, bytes);
}
