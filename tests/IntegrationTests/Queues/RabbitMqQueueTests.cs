using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.TestSupport;
using Ingest.TestSupport.Messaging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ingest.IntegrationTests.Queues;

/// <summary>The broker's queues keep the rules that the in-memory ones keep.</summary>
public sealed class RabbitMqQueueTests(SharedServers servers) : QueueContract, IAsyncDisposable
{
    private RabbitMqQueues? _queues;

    public async ValueTask DisposeAsync()
    {
        if (_queues is not null)
            await _queues.DisposeAsync();
    }

    protected override async ValueTask<IBatchQueues> CreateQueuesAsync() => _queues = new RabbitMqQueues(
        Options.Create(new RabbitMqOptions { Uri = (await servers.RabbitMqAsync()).Uri }),
        TimeProvider.System,
        NullLogger<RabbitMqQueues>.Instance);
}
