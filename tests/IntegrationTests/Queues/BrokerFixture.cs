using System.Collections.Concurrent;
using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace Ingest.IntegrationTests.Queues;

/// <summary>What the tests of broker faults share: a pipeline, its batches, a process's queues, a look from outside.</summary>
internal sealed class BrokerFixture(RabbitMqServer broker)
{
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    public string Pipeline { get; } = TestNames.Pipeline();

    public string Lines => Topology.QueueName<LineBatch>(Pipeline);

    public string Dead => Topology.DeadQueueName(Pipeline);

    public Problems Problems { get; } = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public RabbitMqQueues Queues(Uri? uri = null, Action<RabbitMqOptions>? change = null)
    {
        var options = new RabbitMqOptions { Uri = uri ?? broker.Uri, ReconnectDelay = TimeSpan.FromMilliseconds(100) };
        change?.Invoke(options);
        return new RabbitMqQueues(Options.Create(options), TimeProvider.System, NullLogger<RabbitMqQueues>.Instance, Problems);
    }

    public LineBatch Batch(int bytes = 10) => RandomBatches.Lines(Pipeline, bytes);

    /// <summary>Sends that many batches.</summary>
    public async Task<List<LineBatch>> SendAsync(RabbitMqQueues queues, int count)
    {
        await using var sender = queues.CreateSender<LineBatch>(Pipeline);
        var batches = Enumerable.Range(0, count).Select(_ => Batch()).ToList();
        foreach (var batch in batches)
            await sender.SendAsync(batch, Token);
        return batches;
    }

    /// <summary>The next delivery; none fails the test instead of hanging it.</summary>
    public static Task<Delivery<T>> NextAsync<T>(IBatchReceiver<T> receiver) where T : class, IBatch<T> =>
        receiver.ReceiveAsync(Token).AsTask().WaitAsync(Deadline, Token);

    public async Task<T> OnChannelAsync<T>(Func<IChannel, Task<T>> work)
    {
        await using var connection = await broker.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);
        return await work(channel);
    }

    /// <summary>Makes a work queue, as it should be but for the changes, before anyone else does.</summary>
    public Task DeclareAsync(string queue, Action<Dictionary<string, object?>> change)
    {
        var arguments = Topology.WorkQueueArguments(Pipeline);
        change(arguments);
        return OnChannelAsync(channel => channel.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: Token));
    }

    public Task<uint> CountAsync(string queue) => OnChannelAsync(channel => channel.MessageCountAsync(queue, Token));

    /// <summary>
    /// The queue comes to hold so many messages: of a quorum queue whose leader is busy the broker says that it holds none, and
    /// acknowledgements are not answered.
    /// </summary>
    public async Task HoldsAsync(string queue, uint count)
    {
        uint? held = null;
        await Eventually.HoldsAsync(
            async () => (held = await CountAsync(queue)) == count, Deadline, () => $"{queue} was to hold {count} messages and holds {held}.");
    }

    /// <summary>The queue comes to be empty: its leader itself says that it has nothing to give.</summary>
    public async Task IsEmptyAsync(string queue)
    {
        await HoldsAsync(queue, 0);
        Assert.Null(await GetAsync(queue));
    }

    /// <summary>Takes one message away.</summary>
    public Task<BasicGetResult?> GetAsync(string queue) => OnChannelAsync(channel => channel.BasicGetAsync(queue, autoAck: true, Token));
}

/// <summary>The problems that queues report.</summary>
internal sealed class Problems : IQueueProblems
{
    private readonly ConcurrentDictionary<string, (string Message, bool NeedsHelp)> _now = new();

    private int _reports;

    public IReadOnlyCollection<(string Message, bool NeedsHelp)> Now => [.. _now.Values];

    /// <summary>How often anything was reported.</summary>
    public int Reports => _reports;

    public void Report(string place, string message, bool needsHelp)
    {
        Interlocked.Increment(ref _reports);
        _now[place] = (message, needsHelp);
    }

    public void Resolve(string place) => _now.TryRemove(place, out _);

    public void Buried(string pipeline, string batchId)
    {
    }
}
