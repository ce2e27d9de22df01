using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.TestSupport;
using RabbitMQ.Client;

namespace Ingest.IntegrationTests.Queues;

/// <summary>What a receiver gives back when it ends comes to others, not to itself: the broker counts each return, and many make a suspect.</summary>
public sealed class ReturnTests(SharedServers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_lies_behind_a_batch_of_a_newer_build_is_returned_at_most_once()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await using var queues = fixture.Queues(change: o => o.ReconnectDelay = TimeSpan.FromSeconds(10));

        // One sender for both: another one would declare the dead queue anew.
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        await sender.SendAsync(fixture.Batch(), Token);
        var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        await using (receiver)
        {
            await (await BrokerFixture.NextAsync(receiver)).AcknowledgeAsync();

            // What cannot be buried keeps the receiver from giving its channel up, for the time of a wait for the broker.
            await fixture.OnChannelAsync(channel => channel.QueueDeleteAsync(fixture.Dead, cancellationToken: Token));
            await PublishAsync(fixture, body => body[500] ^= 1);
            await PublishAsync(fixture, body => body[0] += 0x20);
            await sender.SendAsync(fixture.Batch(), Token);
            await Eventually.HoldsAsync(
                async () => await CountConsumersAsync(fixture) == 0, BrokerFixture.Deadline, () => "The consumer was to be cancelled.");
        }

        await fixture.HoldsAsync(fixture.Lines, 3);
        var counts = new List<long>();
        while (await fixture.GetAsync(fixture.Lines) is { } returned)
            counts.Add(MessageHeaders.DeliveryCount(returned.BasicProperties));
        Assert.All(counts, count => Assert.InRange(count, 0, 1));
    }

    [Fact]
    public async Task What_goes_back_after_its_receiver_has_stopped_is_returned_once()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await using var queues = fixture.Queues();
        await fixture.SendAsync(queues, 2);
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        var held = await BrokerFixture.NextAsync(receiver);
        await receiver.StopAsync();
        await held.RequeueAsync();
        await fixture.HoldsAsync(fixture.Lines, 2);
        await receiver.DisposeAsync();
        for (var i = 0; i < 2; i++)
            Assert.InRange(MessageHeaders.DeliveryCount((await fixture.GetAsync(fixture.Lines))!.BasicProperties), 0, 1);
    }

    [Fact]
    public async Task What_waits_for_memory_when_its_receiver_stops_goes_back_and_so_does_all_behind_it()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await using var queues = fixture.Queues(change: o => o.HeldBytes = 1024 * 1024);
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        for (var i = 0; i < 2; i++)
            await sender.SendAsync(fixture.Batch(900_000), Token);
        await fixture.SendAsync(queues, 50);
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 100);
        var held = await BrokerFixture.NextAsync(receiver);
        await fixture.HoldsAsync(fixture.Lines, 0);

        await receiver.StopAsync();
        await fixture.HoldsAsync(fixture.Lines, 51);
        await held.AcknowledgeAsync();
    }

    private static async Task PublishAsync(BrokerFixture fixture, Action<byte[]> change)
    {
        using var body = Messaging.Wire.Body.Pack(fixture.Batch(1_000), BodyCompression.None);
        change(body.Array);
        await fixture.OnChannelAsync(async channel =>
        {
            await channel.BasicPublishAsync(
                "", fixture.Lines, mandatory: true, MessageHeaders.Create(fixture.Batch(), 10), body.Memory, Token);
            return true;
        });
    }

    private static async Task<uint> CountConsumersAsync(BrokerFixture fixture) =>
        (await fixture.OnChannelAsync(channel => channel.QueueDeclarePassiveAsync(fixture.Lines, Token))).ConsumerCount;
}
