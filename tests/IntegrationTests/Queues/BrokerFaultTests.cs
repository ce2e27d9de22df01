using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace Ingest.IntegrationTests.Queues;

/// <summary>A broker that does not answer, does not take, has other queues or loses them: nothing is lost, and it is told.</summary>
public sealed class BrokerFaultTests(SharedServers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_confirm_that_comes_after_its_deadline_counts()
    {
        var broker = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(broker);
        var (proxy, uri) = TcpProxy.Before(broker.Uri);
        await using var _ = proxy;
        await using var queues = fixture.Queues(uri, o => o.PublishTimeout = TimeSpan.FromSeconds(3));
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        await sender.SendAsync(fixture.Batch(), Token);

        proxy.FreezeAnswers();
        var batch = fixture.Batch();
        var late = await Assert.ThrowsAsync<SendFailedException>(() => sender.SendAsync(batch, Token));
        Assert.Contains("no confirm", late.Message, StringComparison.Ordinal);

        // No second copy can go, so it is the first one's confirm that completes the next attempt.
        proxy.Refuse();
        await Assert.ThrowsAsync<SendFailedException>(() => sender.SendAsync(batch, Token));
        proxy.Thaw();
        await EventuallySentAsync(sender, batch);
        await fixture.HoldsAsync(fixture.Lines, 2);
    }

    [Fact]
    public async Task A_batch_whose_confirm_never_comes_is_sent_again_over_another_connection()
    {
        var broker = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(broker);
        var (proxy, uri) = TcpProxy.Before(broker.Uri);
        await using var _ = proxy;
        await using var queues = fixture.Queues(uri, o => o.PublishTimeout = TimeSpan.FromSeconds(3));
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        await sender.SendAsync(fixture.Batch(), Token);
        proxy.FreezeAnswers();
        var batch = fixture.Batch();
        await Assert.ThrowsAsync<SendFailedException>(() => sender.SendAsync(batch, Token));
        await EventuallySentAsync(sender, batch);
        await fixture.HoldsAsync(fixture.Lines, 3);
    }

    [Fact]
    public async Task Each_copy_of_a_batch_waits_twice_as_long_for_its_confirm_as_the_one_before_up_to_a_bound()
    {
        var server = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(server);
        await using (var queues = fixture.Queues())
            await fixture.SendAsync(queues, 1);
        var (proxy, uri) = TcpProxy.Before(server.Uri);
        await using var _ = proxy;
        var time = new ObservedTime();
        var options = new RabbitMqOptions
        {
            Uri = uri,
            PublishTimeout = TimeSpan.FromSeconds(10),
            LongestPublishTimeout = TimeSpan.FromSeconds(70),
        };
        await using var broker = new Broker(options, time, null, NullLogger.Instance);
        await using var sender = new RabbitMqSender<LineBatch>(broker, fixture.Pipeline);
        var batch = fixture.Batch();
        proxy.FreezeAnswersTo(batch.Id.ToString());
        int[] deadlines = [10, 20, 40, 70, 70];
        foreach (var seconds in deadlines)
        {
            var sending = sender.SendAsync(batch, Token);
            Assert.Equal(seconds, (await time.NextWaitAsync()).TotalSeconds);
            time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.False(sending.IsCompleted);
            time.Advance(TimeSpan.FromTicks(1));
            await Assert.ThrowsAsync<SendFailedException>(() => sending.WaitAsync(BrokerFixture.Deadline, Token));
        }

        await fixture.HoldsAsync(fixture.Lines, 1u + (uint)deadlines.Length);
    }

    [Fact]
    public async Task What_moves_between_queues_leaves_a_connection_that_does_not_answer_too()
    {
        var server = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(server);
        var (proxy, uri) = TcpProxy.Before(server.Uri);
        await using var _ = proxy;
        await using var broker = new Broker(
            new RabbitMqOptions { Uri = uri, PublishTimeout = TimeSpan.FromSeconds(1) }, TimeProvider.System, null, NullLogger.Instance);
        await using var sender = new RabbitMqSender<LineBatch>(broker, fixture.Pipeline);
        await EventuallySentAsync(sender, fixture.Batch());
        await EventuallyMovedAsync();

        proxy.FreezeAnswers();
        await Assert.ThrowsAsync<SendFailedException>(() => sender.SendAsync(fixture.Batch(), Token));
        await EventuallyMovedAsync();

        Task EventuallyMovedAsync() => Eventually.HoldsAsync(
            async () =>
            {
                await new Undertaker(broker, fixture.Pipeline, fixture.Lines).MoveAsync(fixture.Batch(), fixture.Lines);
                return true;
            },
            BrokerFixture.Deadline,
            () => "The batch was to be moved.");
    }

    [Fact]
    public async Task Deadlines_stand_still_while_the_broker_blocks_publishers_and_it_is_told()
    {
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        var fixture = new BrokerFixture(broker);
        await using var queues = fixture.Queues(change: o => o.PublishTimeout = TimeSpan.FromSeconds(3));
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        var first = fixture.Batch();
        await sender.SendAsync(first, Token);

        await broker.ControlAsync("set_vm_memory_high_watermark", "0.0000001");
        var batches = Enumerable.Range(0, 5).Select(_ => fixture.Batch()).ToList();
        var sending = batches.Select(b => sender.SendAsync(b, Token)).ToList();
        await Eventually.HoldsAsync(
            () => fixture.Problems.Now.Any(p => p.Message.Contains("out of memory or disk", StringComparison.Ordinal)),
            BrokerFixture.Deadline,
            () => "That it blocks was to be told.");

        // Consuming goes on, or the broker would never have room again.
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        var delivery = await receiver.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token);
        Assert.Equal(first.Id, delivery.Batch.Id);
        await delivery.AcknowledgeAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => Task.WhenAny(sending).WaitAsync(TimeSpan.FromSeconds(8), Token));

        await broker.ControlAsync("set_vm_memory_high_watermark", "absolute", "1GB");
        await Task.WhenAll(sending).WaitAsync(BrokerFixture.Deadline, Token);
        Assert.Empty(fixture.Problems.Now);
        foreach (var batch in batches)
        {
            var arrived = await receiver.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token);
            Assert.Equal(batch.Id, arrived.Batch.Id);
            await arrived.AcknowledgeAsync();
        }
    }

    [Fact]
    public async Task A_consumer_that_the_broker_forgot_consumes_again()
    {
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        var fixture = new BrokerFixture(broker);
        await using var queues = fixture.Queues(change: o => o.SilenceTimeout = TimeSpan.FromSeconds(1));
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        await fixture.SendAsync(queues, 1);
        await (await receiver.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token)).AcknowledgeAsync();

        // The queue itself is told to cancel, and the channel hears nothing of it.
        await broker.ControlAsync("eval", $"{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"{fixture.Lines}\">>)), "
            + "[C | _] = rabbit_amqqueue:consumers(Q), "
            + "{ok, _, _} = ra:process_command(amqqueue:get_pid(Q), rabbit_fifo:make_checkout({element(2, C), element(1, C)}, cancel, #{})), ok.");
        var batch = (await fixture.SendAsync(queues, 1))[0];
        var delivery = await receiver.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token);
        Assert.Equal(batch.Id, delivery.Batch.Id);
        await delivery.AcknowledgeAsync();
    }

    [Fact]
    public async Task A_queue_deleted_under_its_users_is_made_again()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await using var queues = fixture.Queues();
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        for (var i = 0; i < 3; i++)
        {
            var batch = fixture.Batch();
            await EventuallySentAsync(sender, batch);
            var delivery = await receiver.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token);
            Assert.Equal(batch.Id, delivery.Batch.Id);
            await delivery.AcknowledgeAsync();
            await fixture.OnChannelAsync(channel => channel.QueueDeleteAsync(fixture.Lines, cancellationToken: Token));
        }
    }

    [Fact]
    public async Task Other_limits_are_used_whichever_and_however_many()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await fixture.DeclareAsync(fixture.Lines, a =>
        {
            a["x-max-length-bytes"] = 1_000_000L;
            a["x-max-length"] = 500;
            a["x-delivery-limit"] = 77;
        });
        await using var queues = fixture.Queues();
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        await sender.SendAsync(fixture.Batch(), Token);
        Assert.Empty(fixture.Problems.Now);
    }

    [Theory]
    [InlineData("x-overflow")]
    [InlineData("x-dead-letter-exchange")]
    [InlineData("x-dead-letter-strategy")]
    [InlineData("x-queue-type")]
    public async Task A_queue_that_would_lose_batches_is_refused_also_behind_other_limits(string argument)
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await fixture.DeclareAsync(fixture.Lines, a =>
        {
            a["x-delivery-limit"] = 77;
            a["x-max-length-bytes"] = 1_000_000L;
            a.Remove("x-dead-letter-strategy");
            switch (argument)
            {
                case "x-overflow":
                    a[argument] = "drop-head";
                    break;
                case "x-dead-letter-exchange":
                    a.Remove(argument);
                    a.Remove("x-dead-letter-routing-key");
                    break;
                case "x-queue-type":
                    a[argument] = "classic";
                    a.Remove("x-delivery-limit");
                    break;
            }
        });
        await using var queues = fixture.Queues();
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        var failure = await Assert.ThrowsAsync<SendFailedException>(() => sender.SendAsync(fixture.Batch(), Token));
        Assert.Contains(fixture.Lines, failure.Message, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine(failure.Message);
        var problem = Assert.Single(fixture.Problems.Now);
        Assert.True(problem.NeedsHelp);

        // The neighbour has queues of its own.
        var other = new BrokerFixture(await servers.RabbitMqAsync());
        await using var neighbour = queues.CreateSender<LineBatch>(other.Pipeline);
        await neighbour.SendAsync(other.Batch(), Token);

        await fixture.OnChannelAsync(channel => channel.QueueDeleteAsync(fixture.Lines, cancellationToken: Token));
        await sender.SendAsync(fixture.Batch(), Token);
        Assert.Empty(fixture.Problems.Now);
    }

    [Fact]
    public async Task A_receiver_holds_no_more_bytes_than_it_may()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await using var queues = fixture.Queues(change: o => o.HeldBytes = 1024 * 1024);
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        foreach (var size in new[] { 400_000, 400_000, 400_000, 5_000_000, 10 })
            await sender.SendAsync(fixture.Batch(size), Token);

        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        var held = new List<Delivery<LineBatch>> { await NextAsync(), await NextAsync() };
        var third = receiver.ReceiveAsync(Token).AsTask();
        await Assert.ThrowsAsync<TimeoutException>(() => third.WaitAsync(TimeSpan.FromSeconds(1), Token));
        await Eventually.HoldsAsync(() => receiver.IsFull, BrokerFixture.Deadline, () => "The third was to arrive and to find no room.");
        await held[0].AcknowledgeAsync();
        held.Add(await third.WaitAsync(BrokerFixture.Deadline, Token));
        await held[1].AcknowledgeAsync();
        var large = receiver.ReceiveAsync(Token).AsTask();
        await Assert.ThrowsAsync<TimeoutException>(() => large.WaitAsync(TimeSpan.FromSeconds(1), Token));
        await held[2].AcknowledgeAsync();
        Assert.Equal(5_000_000, (await large.WaitAsync(BrokerFixture.Deadline, Token)).Batch.Lines.Length);
        var last = receiver.ReceiveAsync(Token).AsTask();
        await (await large).AcknowledgeAsync();
        await (await last.WaitAsync(BrokerFixture.Deadline, Token)).AcknowledgeAsync();
        Assert.False(receiver.IsFull);

        async Task<Delivery<LineBatch>> NextAsync() =>
            await receiver.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token);
    }

    [Fact]
    public async Task Memory_is_counted_as_batches_take_it_and_not_as_messages_do()
    {
        const int heldBytes = 1024 * 1024;
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await using var queues = fixture.Queues(change: o => o.HeldBytes = heldBytes);
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        for (var i = 0; i < 2; i++)
        {
            var batch = RandomBatches.Compressible(fixture.Pipeline, 5_000_000);
            using var body = Messaging.Wire.Body.Pack(batch, new RabbitMqOptions().Compression);
            Assert.InRange(body.Memory.Length, 1, heldBytes / 20);
            await sender.SendAsync(batch, Token);
        }

        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        var first = await BrokerFixture.NextAsync(receiver);
        var second = BrokerFixture.NextAsync(receiver);
        await Eventually.HoldsAsync(
            () => receiver.IsFull || second.IsCompleted, BrokerFixture.Deadline, () => "It was to wait for memory.");
        Assert.False(second.IsCompleted);
        await first.AcknowledgeAsync();
        await (await second).AcknowledgeAsync();
    }

    private static Task EventuallySentAsync(IBatchSender<LineBatch> sender, LineBatch batch) => Eventually.HoldsAsync(
        async () =>
        {
            await sender.SendAsync(batch, Token);
            return true;
        },
        BrokerFixture.Deadline,
        () => "The batch was to be sent.");
}
