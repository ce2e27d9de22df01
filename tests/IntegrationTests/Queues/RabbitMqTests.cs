using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace Ingest.IntegrationTests.Queues;

/// <summary>What only a broker does: limits, missing queues, other people's queues, its own death.</summary>
public sealed class RabbitMqTests(SharedServers servers)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly string _pipeline = TestNames.Pipeline();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_queue_refuses_and_takes_batches_again_when_there_is_room()
    {
        var broker = await servers.RabbitMqAsync();
        await DeclareAsync(broker, Topology.WorkQueueArguments(_pipeline), ("x-max-length-bytes", 200_000L));
        await using var queues = Queues(broker);
        await using var sender = queues.CreateSender<LineBatch>(_pipeline);
        var sent = 0;
        await Assert.ThrowsAsync<SendFailedException>(async () =>
        {
            for (; sent < 100; sent++)
                await sender.SendAsync(Batch(100_000), Token);
        });
        Assert.InRange(sent, 2, 50);

        await using var receiver = queues.CreateReceiver<LineBatch>(_pipeline, 16);
        for (var i = 0; i < sent; i++)
            await (await BrokerFixture.NextAsync(receiver)).AcknowledgeAsync();
        await Eventually.HoldsAsync(
            async () =>
            {
                await sender.SendAsync(Batch(10), Token);
                return true;
            },
            Deadline,
            () => "The emptied queue was to take a batch.");
    }

    [Fact]
    public async Task Batches_that_nobody_works_on_are_counted_where_both_queues_are_there()
    {
        await using var queues = Queues(await servers.RabbitMqAsync());
        Assert.Null(await queues.CountWaitingAsync(_pipeline, Token));
        await using var lines = queues.CreateSender<LineBatch>(_pipeline);
        for (var i = 0; i < 3; i++)
            await lines.SendAsync(Batch(10), Token);
        Assert.Null(await queues.CountWaitingAsync(_pipeline, Token));

        await using var rows = queues.CreateReceiver<RowBatch>(_pipeline, 1);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var waiting = rows.ReceiveAsync(enough.Token).AsTask();
        await CountedAsync(3);
        await using var receiver = queues.CreateReceiver<LineBatch>(_pipeline, 1);
        var taken = await BrokerFixture.NextAsync(receiver);
        await CountedAsync(2);
        await taken.AcknowledgeAsync();
        await CountedAsync(1);
        enough.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        Task CountedAsync(long expected) => Eventually.HoldsAsync(
            async () => await queues.CountWaitingAsync(_pipeline, Token) == expected, Deadline, () => $"{expected} were to be counted.");
    }

    [Fact]
    public async Task A_queue_that_vanished_is_told_by_the_sender_and_not_a_silent_loss()
    {
        var broker = await servers.RabbitMqAsync();
        await using var queues = Queues(broker);
        await using var sender = queues.CreateSender<LineBatch>(_pipeline);
        await sender.SendAsync(Batch(10), Token);
        await using (var connection = await broker.ConnectAsync())
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Token))
            await channel.QueueDeleteAsync(Topology.QueueName<LineBatch>(_pipeline), cancellationToken: Token);
        var failure = await Assert.ThrowsAsync<SendFailedException>(() => sender.SendAsync(Batch(10), Token));
        Assert.Contains("does not exist", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_with_other_limits_is_used_and_one_that_drops_is_refused()
    {
        var broker = await servers.RabbitMqAsync();
        await DeclareAsync(broker, Topology.WorkQueueArguments(_pipeline), ("x-delivery-limit", 77));
        await using var queues = Queues(broker);
        await using (var sender = queues.CreateSender<LineBatch>(_pipeline))
            await sender.SendAsync(Batch(10), Token);

        var dropping = TestNames.Pipeline();
        var arguments = Topology.WorkQueueArguments(dropping);
        arguments["x-overflow"] = "drop-head";
        arguments.Remove("x-dead-letter-strategy");
        await DeclareAsync(broker, arguments, null, Topology.QueueName<LineBatch>(dropping));
        await using var refused = queues.CreateSender<LineBatch>(dropping);
        var failure = await Assert.ThrowsAsync<SendFailedException>(() => refused.SendAsync(Batch(10), Token));
        Assert.Contains(Topology.QueueName<LineBatch>(dropping), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_is_no_batch_goes_to_the_dead_queue_and_does_not_stop_the_others()
    {
        var broker = await servers.RabbitMqAsync();
        await using var queues = Queues(broker);
        await using var sender = queues.CreateSender<LineBatch>(_pipeline);
        await sender.SendAsync(Batch(10), Token);
        await using var connection = await broker.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);
        await channel.BasicPublishAsync("", Topology.QueueName<LineBatch>(_pipeline), "rubbish"u8.ToArray(), cancellationToken: Token);
        await sender.SendAsync(Batch(20), Token);

        await using var receiver = queues.CreateReceiver<LineBatch>(_pipeline, 16);
        Assert.Equal(10, (await BrokerFixture.NextAsync(receiver)).Batch.Lines.Length);
        Assert.Equal(20, (await BrokerFixture.NextAsync(receiver)).Batch.Lines.Length);
        await Eventually.HoldsAsync(
            async () => await channel.MessageCountAsync(Topology.DeadQueueName(_pipeline), Token) == 1,
            Deadline,
            () => "The dead queue was to hold the message.");
    }

    [Fact]
    public async Task After_the_death_of_the_broker_senders_and_receivers_go_on_with_the_same_batches()
    {
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        await using var queues = Queues(broker);
        await using var sender = queues.CreateSender<LineBatch>(_pipeline);
        await using var receiver = queues.CreateReceiver<LineBatch>(_pipeline, 16);
        var (kept, held) = (Batch(10), Batch(20));
        await sender.SendAsync(kept, Token);
        await sender.SendAsync(held, Token);
        await (await BrokerFixture.NextAsync(receiver)).AcknowledgeAsync();
        var unsettled = await BrokerFixture.NextAsync(receiver);
        Assert.Equal(held.Id, unsettled.Batch.Id);

        await broker.KillAsync();
        await Assert.ThrowsAsync<SendFailedException>(() => sender.SendAsync(Batch(30), Token));
        await broker.RestartAsync();

        // An acknowledgement for a channel that is gone must not settle another message.
        await unsettled.AcknowledgeAsync();
        var again = await BrokerFixture.NextAsync(receiver);
        Assert.Contains(again.Batch.Id, new[] { kept.Id, held.Id });
        await Eventually.HoldsAsync(
            async () =>
            {
                await sender.SendAsync(Batch(30), Token);
                return true;
            },
            Deadline,
            () => "The sender was to send again.");
    }

    private static RabbitMqQueues Queues(RabbitMqServer broker) => new(
        Options.Create(new RabbitMqOptions { Uri = broker.Uri, ReconnectDelay = TimeSpan.FromMilliseconds(100) }),
        TimeProvider.System,
        NullLogger<RabbitMqQueues>.Instance);

    private async Task DeclareAsync(
        RabbitMqServer broker, Dictionary<string, object?> arguments, (string Key, object Value)? other, string? queue = null)
    {
        if (other is { } change)
            arguments[change.Key] = change.Value;
        await using var connection = await broker.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);
        await channel.QueueDeclareAsync(
            queue ?? Topology.QueueName<LineBatch>(_pipeline), durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: Token);
    }

    private LineBatch Batch(int bytes) => RandomBatches.Lines(_pipeline, bytes);
}
