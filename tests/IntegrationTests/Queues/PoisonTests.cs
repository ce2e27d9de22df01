using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.TestSupport;

namespace Ingest.IntegrationTests.Queues;

/// <summary>A batch that kills whoever touches it is found and buried; what was only there when others died is not.</summary>
public sealed class PoisonTests(SharedServers servers)
{
    private const int MostLives = 30;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_that_kills_its_consumers_is_buried_and_all_others_arrive()
    {
        var broker = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(broker);
        await using var queues = fixture.Queues();
        var batches = await fixture.SendAsync(queues, 12);
        var killer = batches[3].Id;
        var good = batches.Select(b => b.Id).Where(id => id != killer).ToHashSet();
        var finished = new HashSet<Guid>();

        var deaths = 0;
        for (var lives = 0; await fixture.CountAsync(fixture.Dead) == 0 || finished.Count < good.Count; lives++)
        {
            Assert.True(lives < MostLives, $"{deaths} deaths and no end");
            if (await LiveAsync())
                deaths++;
        }

        Assert.Equal(Trial.SuspectAfter + Trial.GuiltyAfter, deaths);
        Assert.Equal(good.Order(), finished.Order());
        var buried = await fixture.GetAsync(fixture.Dead);
        Assert.Equal(killer.ToString(), buried!.BasicProperties.MessageId);
        Assert.Contains("alone", Header(MessageHeaders.Reason), StringComparison.Ordinal);
        Assert.Equal((fixture.Lines, "test"), (Header(MessageHeaders.Queue), Header(MessageHeaders.Source)));
        await fixture.IsEmptyAsync(fixture.Lines);
        await fixture.IsEmptyAsync(Topology.SuspectQueueName(fixture.Lines));

        string? Header(string name) => MessageHeaders.Text(buried.BasicProperties, name);

        // One process: true when the batch killed it, false when there was nothing left to do.
        async Task<bool> LiveAsync()
        {
            var (proxy, uri) = TcpProxy.Before(broker.Uri);
            await using var _ = proxy;
            await using var mine = fixture.Queues(uri);
            await using var receiver = mine.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(Token);
            while (true)
            {
                idle.CancelAfter(TimeSpan.FromSeconds(5));
                Delivery<LineBatch> delivery;
                try
                {
                    delivery = await receiver.ReceiveAsync(idle.Token);
                }
                catch (OperationCanceledException)
                {
                    return false;
                }

                if (delivery.Batch.Id == killer)
                {
                    proxy.Cut();
                    return true;
                }

                finished.Add(delivery.Batch.Id);
                await delivery.AcknowledgeAsync();
            }
        }
    }

    [Fact]
    public async Task Twenty_lost_connections_bury_no_good_batch()
    {
        var broker = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(broker);
        var (proxy, uri) = TcpProxy.Before(broker.Uri);
        await using var _ = proxy;
        await using var queues = fixture.Queues(uri);
        var batches = await fixture.SendAsync(queues, 8);
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        var suspects = 0;
        for (var losses = 0; losses < 20; losses++)
        {
            var held = await BrokerFixture.NextAsync(receiver);
            suspects += held.IsSuspect ? 1 : 0;
            proxy.Drop();
            await Eventually.HoldsAsync(() => !((RabbitMqDelivery<LineBatch>)held).IsAlive, BrokerFixture.Deadline, () => "The channel lives.");
            await held.AcknowledgeAsync();
        }

        Assert.True(suspects > Trial.GuiltyAfter, $"Only {suspects} attempts were cut off.");
        var finished = new HashSet<Guid>();
        while (finished.Count < batches.Count)
        {
            var delivery = await BrokerFixture.NextAsync(receiver);
            finished.Add(delivery.Batch.Id);
            await delivery.AcknowledgeAsync();
        }

        Assert.Equal(batches.Select(b => b.Id).Order(), finished.Order());
        Assert.Null(await fixture.GetAsync(fixture.Dead));
    }

    [Fact]
    public async Task A_suspect_that_is_put_back_is_no_suspect_any_more()
    {
        var broker = await servers.RabbitMqAsync();
        var fixture = new BrokerFixture(broker);
        await using var queues = fixture.Queues();
        var batch = (await fixture.SendAsync(queues, 1))[0];
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        for (var i = 0; i < Trial.SuspectAfter; i++)
        {
            var early = await BrokerFixture.NextAsync(receiver);
            Assert.False(early.IsSuspect);
            await early.RequeueAsync();
        }

        var suspect = await BrokerFixture.NextAsync(receiver);
        Assert.Equal((batch.Id, true), (suspect.Batch.Id, suspect.IsSuspect));

        // Whoever collects several batches gets no others beside it.
        await fixture.SendAsync(queues, 2);
        await (await BrokerFixture.NextAsync(receiver)).AcknowledgeAsync();
        Assert.False(receiver.TryReceive(out _));
        await (await BrokerFixture.NextAsync(receiver)).AcknowledgeAsync();
        await suspect.RequeueAsync();
        var again = await BrokerFixture.NextAsync(receiver);
        Assert.Equal((batch.Id, false), (again.Batch.Id, again.IsSuspect));
        await again.AcknowledgeAsync();
    }

    [Fact]
    public async Task What_a_stage_buries_is_in_the_dead_queue_with_everything_an_operator_needs()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await using var queues = fixture.Queues();
        var batch = (await fixture.SendAsync(queues, 1))[0];
        await using (var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16))
            await (await BrokerFixture.NextAsync(receiver)).BuryAsync("it does not fit the table");

        var buried = await fixture.GetAsync(fixture.Dead);
        var properties = buried!.BasicProperties;
        Assert.Equal((batch.Id.ToString(), true), (properties.MessageId, properties.Persistent));
        Assert.Equal(
            ("it does not fit the table", fixture.Lines, fixture.Pipeline, "test", 1L, 7L),
            (MessageHeaders.Text(properties, MessageHeaders.Reason), MessageHeaders.Text(properties, MessageHeaders.Queue),
                MessageHeaders.Text(properties, MessageHeaders.Pipeline), MessageHeaders.Text(properties, MessageHeaders.Source),
                MessageHeaders.Number(properties, MessageHeaders.Lines), MessageHeaders.Number(properties, MessageHeaders.FirstLine)));
        Assert.True(DateTimeOffset.TryParse(MessageHeaders.Text(properties, MessageHeaders.BuriedAt), out _));
        using var body = Assert.Single(Messaging.Wire.Body.Unpack<LineBatch>(buried.Body.Span));
        Assert.Equal(batch.Lines.ToArray(), body.Lines.ToArray());
        await fixture.IsEmptyAsync(fixture.Lines);
    }

    [Fact]
    public async Task A_batch_of_a_newer_build_stays_in_its_queue_and_is_told()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await using var queues = fixture.Queues(change: o => o.RefusalRetryDelay = TimeSpan.FromMilliseconds(200));
        await fixture.SendAsync(queues, 2);
        using var body = Messaging.Wire.Body.Pack(fixture.Batch(), BodyCompression.None);
        body.Array[0] += 0x20;
        await fixture.OnChannelAsync(async channel =>
        {
            var properties = MessageHeaders.Create(fixture.Batch(), 10);
            await channel.BasicPublishAsync("", fixture.Lines, mandatory: true, properties, body.Memory, Token);
            return true;
        });

        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        using var ending = new CancellationTokenSource();
        var working = WorkAsync();
        await Eventually.HoldsAsync(
            () => fixture.Problems.Now.Any(p => p.NeedsHelp && p.Message.Contains("version 3", StringComparison.Ordinal)),
            BrokerFixture.Deadline,
            () => "The version was to be told.");

        // Often enough that the broker's count would have made it a suspect and more.
        await Eventually.HoldsAsync(() => fixture.Problems.Reports > 3 * Trial.SuspectAfter, BrokerFixture.Deadline, () => "It was to look again.");
        await ending.CancelAsync();
        await working;
        await receiver.DisposeAsync();
        await Eventually.HoldsAsync(
            async () => await fixture.CountAsync(fixture.Lines) + await fixture.CountAsync(Topology.SuspectQueueName(fixture.Lines)) == 1,
            BrokerFixture.Deadline,
            () => "The queue was to keep it, once.");
        Assert.Null(await fixture.GetAsync(fixture.Dead));

        async Task WorkAsync()
        {
            try
            {
                while (true)
                    await (await receiver.ReceiveAsync(ending.Token)).AcknowledgeAsync();
            }
            catch (OperationCanceledException)
            {
                // Enough.
            }
        }
    }

    [Fact]
    public async Task A_damaged_batch_is_buried_with_its_reason()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await using var queues = fixture.Queues();
        var good = (await fixture.SendAsync(queues, 1))[0];
        using var body = Messaging.Wire.Body.Pack(fixture.Batch(1_000), BodyCompression.None);
        body.Array[^1] ^= 1;
        body.Array[500] ^= 1;
        await fixture.OnChannelAsync(async channel =>
        {
            await channel.BasicPublishAsync("", fixture.Lines, mandatory: true, MessageHeaders.Create(good, 10), body.Memory, Token);
            return true;
        });

        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        await (await BrokerFixture.NextAsync(receiver)).AcknowledgeAsync();
        await fixture.HoldsAsync(fixture.Dead, 1);
        var buried = await fixture.GetAsync(fixture.Dead);
        Assert.Contains("damaged", MessageHeaders.Text(buried!.BasicProperties, MessageHeaders.Reason), StringComparison.Ordinal);
        Assert.Equal(body.Memory.ToArray(), buried.Body.ToArray());
    }
}
