using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.Pipelines.Definition;
using Ingest.Processor;
using Ingest.ServiceDefaults;
using Ingest.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ingest.IntegrationTests.Queues;

/// <summary>A pipeline whose rows find no way for hours: no batch of it is taken for poison, and its neighbours go on.</summary>
public sealed class HaltTests(SharedServers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0.2)]
    [InlineData(120)]
    public async Task A_halted_pipeline_buries_nothing_and_holds_no_neighbour_up(double patienceSeconds)
    {
        var broker = await servers.RabbitMqAsync();
        var (halted, neighbour) = (new BrokerFixture(broker), new BrokerFixture(broker));
        foreach (var queue in new[] { halted.Lines, Topology.QueueName<RowBatch>(halted.Pipeline) })
            await halted.DeclareAsync(queue, a => a["x-max-length-bytes"] = 4_000L);
        await using var outside = halted.Queues();
        await using var lines = outside.CreateSender<LineBatch>(halted.Pipeline);
        await using var rows = outside.CreateSender<RowBatch>(halted.Pipeline);
        await FillAsync(rows, () => RandomBatches.Rows(halted.Pipeline, 500));
        var sent = (await FillAsync(lines, () => Batch(halted))).Select(b => b.Id).ToHashSet();

        await using var queues = new CountedQueues(halted.Queues(change: o => o.SilenceTimeout = TimeSpan.FromSeconds(1)), halted.Pipeline);
        using var worker = new ProcessorWorker(
            new PipelineCatalog([Definition(halted), Definition(neighbour)]),
            queues,
            new StageHealth(),
            new Isolation(),
            Options.Create(new ProcessorOptions
            {
                ReleaseAfter = TimeSpan.FromMilliseconds(300),
                RetryDelay = TimeSpan.FromMilliseconds(20),
                SuspectPatience = TimeSpan.FromSeconds(patienceSeconds),
                Drain = TimeSpan.Zero,
            }),
            Options.Create(new PublisherOptions()),
            TimeProvider.System,
            new Random(1),
            NullLogger<ProcessorWorker>.Instance);
        await worker.StartAsync(Token);
        await using var neighbourLines = outside.CreateSender<LineBatch>(neighbour.Pipeline);
        await using var neighbourRows = outside.CreateReceiver<RowBatch>(neighbour.Pipeline, 16);
        for (var rounds = 0; rounds < 5 * Trial.SuspectAfter; rounds = queues.Sessions)
        {
            // The gateway fills up what was taken.
            sent.UnionWith((await FillAsync(lines, () => Batch(halted))).Select(b => b.Id));
            await neighbourLines.SendAsync(Batch(neighbour), Token);
            await (await neighbourRows.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token)).AcknowledgeAsync();
        }

        Assert.Null(await halted.GetAsync(halted.Dead));
        await using var written = outside.CreateReceiver<RowBatch>(halted.Pipeline, 16);
        while (sent.Count > 0)
        {
            var delivery = await written.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token);
            sent.Remove(delivery.Batch.Id);
            await delivery.AcknowledgeAsync();
        }

        await worker.StopAsync(Token);
        Assert.Null(await halted.GetAsync(halted.Dead));
    }

    [Fact]
    public async Task A_suspect_that_nobody_has_room_for_is_as_fresh_as_before_each_time_that_it_comes_back()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        var suspects = Topology.SuspectQueueName(fixture.Lines);
        await fixture.DeclareAsync(fixture.Lines, a => a["x-max-length-bytes"] = 1_000L);
        await using var queues = fixture.Queues();
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        await FillAsync(sender, () => Batch(fixture));
        var id = await PutSuspectAsync(fixture);
        for (var attempts = 0; attempts < 2 * Trial.GuiltyAfter; attempts++)
        {
            // Each time another process.
            await using var mine = fixture.Queues();
            await using var receiver = mine.CreateReceiver<LineBatch>(fixture.Pipeline, 1);
            var delivery = await receiver.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token);
            Assert.Equal((id, true), (delivery.Batch.Id, delivery.IsSuspect));
            await receiver.StopAsync();
            await delivery.RequeueAsync();
            await fixture.HoldsAsync(suspects, 1);
        }

        var kept = await fixture.GetAsync(suspects);
        Assert.Equal((id.ToString(), 0L), (kept!.BasicProperties.MessageId, MessageHeaders.DeliveryCount(kept.BasicProperties)));
        Assert.Null(await fixture.GetAsync(fixture.Dead));
    }

    [Fact]
    public async Task No_suspect_is_tried_while_its_rows_would_find_no_way()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        var rowsQueue = Topology.QueueName<RowBatch>(fixture.Pipeline);
        await fixture.DeclareAsync(rowsQueue, a => a["x-max-length-bytes"] = 1_000L);
        await using var queues = fixture.Queues(change: o => o.SilenceTimeout = TimeSpan.FromSeconds(1));
        await using var lines = queues.CreateSender<LineBatch>(fixture.Pipeline);
        await using var rows = queues.CreateSender<RowBatch>(fixture.Pipeline);
        await FillAsync(rows, () => RandomBatches.Rows(fixture.Pipeline, 500));
        var other = Batch(fixture);
        await lines.SendAsync(other, Token);
        var suspect = await PutSuspectAsync(fixture);
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 16);
        var first = await receiver.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token);
        Assert.Equal((other.Id, false), (first.Batch.Id, first.IsSuspect));
        await first.AcknowledgeAsync();
        var second = receiver.ReceiveAsync(Token).AsTask();
        await Assert.ThrowsAsync<TimeoutException>(() => second.WaitAsync(TimeSpan.FromSeconds(3), Token));

        await fixture.OnChannelAsync(channel => channel.QueuePurgeAsync(rowsQueue, Token));
        await Eventually.HoldsAsync(
            async () => (await FillAsync(rows, () => RandomBatches.Rows(fixture.Pipeline, 500), most: 1)).Count == 1,
            BrokerFixture.Deadline,
            () => "There was to be room.");
        var tried = await second.WaitAsync(BrokerFixture.Deadline, Token);
        Assert.Equal((suspect, true), (tried.Batch.Id, tried.IsSuspect));
        await tried.AcknowledgeAsync();
    }

    [Fact]
    public async Task A_suspect_is_kept_and_none_is_tried_while_the_broker_blocks_publishers()
    {
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        var fixture = new BrokerFixture(broker);
        var suspects = Topology.SuspectQueueName(fixture.Lines);
        await using var queues = fixture.Queues(change: o => o.SilenceTimeout = TimeSpan.FromSeconds(1));
        await using var sender = queues.CreateSender<LineBatch>(fixture.Pipeline);
        await sender.SendAsync(Batch(fixture), Token);
        var (first, second) = (await PutSuspectAsync(fixture), await PutSuspectAsync(fixture));
        await using var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, 1);
        var tried = await NextAsync();
        Assert.Equal((first, true), (tried.Batch.Id, tried.IsSuspect));

        await broker.ControlAsync("set_vm_memory_high_watermark", "0.0000001");
        var blocked = sender.SendAsync(Batch(fixture), Token);
        await Eventually.HoldsAsync(
            () => fixture.Problems.Now.Any(p => p.Message.Contains("out of memory or disk", StringComparison.Ordinal)),
            BrokerFixture.Deadline,
            () => "That it blocks was to be told.");
        var returning = tried.RequeueAsync().AsTask();
        await Assert.ThrowsAsync<TimeoutException>(() => returning.WaitAsync(TimeSpan.FromSeconds(3), Token));
        await fixture.HoldsAsync(suspects, 1);

        await broker.ControlAsync("set_vm_memory_high_watermark", "absolute", "1GB");
        await Task.WhenAll(returning, blocked).WaitAsync(BrokerFixture.Deadline, Token);
        var arrived = new List<(Guid Id, bool IsSuspect)>();
        for (var i = 0; i < 4; i++)
        {
            var delivery = await NextAsync();
            arrived.Add((delivery.Batch.Id, delivery.IsSuspect));
            await delivery.AcknowledgeAsync();
        }

        Assert.Contains((first, false), arrived);
        Assert.Contains((second, true), arrived);

        async Task<Delivery<LineBatch>> NextAsync() =>
            await receiver.ReceiveAsync(Token).AsTask().WaitAsync(BrokerFixture.Deadline, Token);
    }

    private static LineBatch Batch(BrokerFixture fixture) => RandomBatches.Lines(fixture.Pipeline, 200);

    private static PipelineDefinition Definition(BrokerFixture fixture) =>
        DefinitionLoader.Parse("test.yaml", $"pipeline: {fixture.Pipeline}\ntable: t\ncolumns:\n  a: integer").Definition!;

    /// <summary>Sends until the queue is full.</summary>
    private static async Task<List<T>> FillAsync<T>(IBatchSender<T> sender, Func<T> create, int most = int.MaxValue) where T : class, IBatch<T>
    {
        var sent = new List<T>();
        try
        {
            while (sent.Count < most)
            {
                sent.Add(create());
                await sender.SendAsync(sent[^1], Token);
            }

            return sent;
        }
        catch (SendFailedException)
        {
            // It may be there all the same, or not.
            sent.RemoveAt(sent.Count - 1);
            return sent;
        }
    }

    private static async Task<Guid> PutSuspectAsync(BrokerFixture fixture)
    {
        using var batch = Batch(fixture);
        using var body = Messaging.Wire.Body.Pack(batch, BodyCompression.None);
        await fixture.OnChannelAsync(async channel =>
        {
            await channel.BasicPublishAsync(
                "", Topology.SuspectQueueName(fixture.Lines), mandatory: true, MessageHeaders.Create(batch, 200), body.Memory, Token);
            return true;
        });
        return batch.Id;
    }

    /// <summary>Queues that count one pipeline's receivers of lines: each is a session.</summary>
    private sealed class CountedQueues(RabbitMqQueues inner, string pipeline) : IBatchQueues, IAsyncDisposable
    {
        private int _sessions;

        public int Sessions => Volatile.Read(ref _sessions);

        public bool SendsAwaitConsumers => false;

        public IBatchSender<T> CreateSender<T>(string name) where T : class, IBatch<T> => inner.CreateSender<T>(name);

        public IBatchReceiver<T> CreateReceiver<T>(string name, int prefetchMessages) where T : class, IBatch<T>
        {
            if (name == pipeline)
                Interlocked.Increment(ref _sessions);
            return inner.CreateReceiver<T>(name, prefetchMessages);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
