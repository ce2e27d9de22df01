using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.TestSupport;

namespace Ingest.IntegrationTests.Queues;

/// <summary>What an operator sees of dead batches, and what becomes of those that are sent back.</summary>
public sealed class DeadQueueTests(SharedServers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dead_batches_are_listed_and_stay()
    {
        var broker = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(broker);
        var batches = await BuryAsync(fixture, "too bad", "worse");
        await using var dead = new DeadQueue(broker.Uri, fixture.Pipeline, TimeProvider.System);
        for (var i = 0; i < 2; i++)
        {
            var listed = await dead.ListAsync(Token);
            Assert.Equal(
                [(batches[0].Id.ToString(), "lines", fixture.Lines, "test", 1L, 7L, "too bad"), (batches[1].Id.ToString(), "lines", fixture.Lines, "test", 1L, 7L, "worse")],
                listed.Select(b => (b.Id, b.Kind, b.Queue, b.Source, b.Lines ?? 0, b.FirstLine ?? 0, b.Reason)));
            Assert.All(listed, b => Assert.InRange(b.BuriedAt!.Value, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1)));
            await CountsAsync(dead, new QueueDepths(0, 0, 0, 2));
        }
    }

    [Fact]
    public async Task A_dead_batch_outlasts_any_number_of_looks()
    {
        var broker = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(broker);
        var batch = Assert.Single(await BuryAsync(fixture, "too bad"));
        await using var dead = new DeadQueue(broker.Uri, fixture.Pipeline, TimeProvider.System);

        // What was looked at comes back to its queue a moment later.
        var looks = 0;
        await Eventually.HoldsAsync(
            async () => (looks += (await dead.ListAsync(Token)).Count(b => b.Id == batch.Id.ToString())) >= 30,
            BrokerFixture.Deadline,
            () => $"It was there {looks} times.");
        await CountsAsync(dead, new QueueDepths(0, 0, 0, 1));
    }

    [Fact]
    public async Task A_chosen_batch_goes_back_to_its_queue_as_it_was_and_the_others_stay()
    {
        var broker = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(broker);
        var batches = await BuryAsync(fixture, "one", "two", "three");
        await using var dead = new DeadQueue(broker.Uri, fixture.Pipeline, TimeProvider.System);
        await CountsAsync(dead, new QueueDepths(0, 0, 0, 3));
        var requeued = await dead.RequeueAsync(b => b.Id == batches[1].Id.ToString(), Token);
        Assert.Equal("two", Assert.Single(requeued).Reason);
        await CountsAsync(dead, new QueueDepths(1, 0, 0, 2));
        await CountsAsync(dead, new QueueDepths(1, 0, 0, 2));
        Assert.Equal(["one", "three"], (await dead.ListAsync(Token)).Select(b => b.Reason));

        await using var queues = fixture.Queues();
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        var back = await BrokerFixture.NextAsync(receiver);
        Assert.Equal((batches[1].Id, false), (back.Batch.Id, back.IsSuspect));
        Assert.Equal(batches[1].Lines.ToArray(), back.Batch.Lines.ToArray());
        await back.AcknowledgeAsync();
    }

    [Fact]
    public async Task What_the_broker_itself_gave_up_is_listed_and_goes_back_too()
    {
        var broker = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(broker);
        await using var queues = fixture.Queues();
        var batch = (await fixture.SendAsync(queues, 1))[0];
        await fixture.OnChannelAsync(async channel =>
        {
            var message = await channel.BasicGetAsync(fixture.Lines, autoAck: false, Token);
            await channel.BasicRejectAsync(message!.DeliveryTag, requeue: false, Token);
            return true;
        });
        await using var dead = new DeadQueue(broker.Uri, fixture.Pipeline, TimeProvider.System);
        await CountsAsync(dead, new QueueDepths(0, 0, 0, 1));
        var listed = Assert.Single(await dead.ListAsync(Token));
        Assert.Equal((batch.Id.ToString(), fixture.Lines, "the broker gave it up: rejected"), (listed.Id, listed.Queue, listed.Reason));
        Assert.NotNull(listed.BuriedAt);

        // What was looked at comes back to its queue a moment later.
        await Eventually.HoldsAsync(
            async () => (await dead.RequeueAsync(_ => true, Token)).Count == 1, BrokerFixture.Deadline, () => "It was to go back.");
        await CountsAsync(dead, new QueueDepths(1, 0, 0, 0));
    }

    [Fact]
    public async Task A_pipeline_that_never_ran_has_no_dead_batches()
    {
        await using var dead = new DeadQueue((await servers.RabbitMqAsync()).Uri, TestNames.Pipeline(), TimeProvider.System);
        Assert.False(await dead.ExistsAsync(Token));
        Assert.Empty(await dead.ListAsync(Token));
        Assert.Equal(new QueueDepths(0, 0, 0, 0), await dead.DepthsAsync(Token));
    }

    [Fact]
    public async Task A_broker_that_cannot_be_reached_is_told()
    {
        await using var dead = new DeadQueue(new Uri($"amqp://127.0.0.1:{FreePort.Next()}/"), "p", TimeProvider.System);
        await Assert.ThrowsAsync<SendFailedException>(() => dead.ListAsync(Token));
        await Assert.ThrowsAsync<SendFailedException>(() => dead.DepthsAsync(Token));
    }

    private static async Task<List<LineBatch>> BuryAsync(BrokerFixture fixture, params string[] reasons)
    {
        await using var queues = fixture.Queues();
        var batches = await fixture.SendAsync(queues, reasons.Length);
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        foreach (var reason in reasons)
            await (await BrokerFixture.NextAsync(receiver)).BuryAsync(reason);
        return batches;
    }

    /// <summary>The broker's counts follow a moment later.</summary>
    private static Task CountsAsync(DeadQueue queue, QueueDepths expected) => Eventually.HoldsAsync(
        async () => await queue.DepthsAsync(Token) == expected, BrokerFixture.Deadline, () => $"Not {expected}.");
}
