using MassTransit;

namespace Ingest.ServiceDefaults.Control;

/// <summary>Between processes MassTransit carries the messages, over the same broker as the batches.</summary>
internal sealed class MassTransitTransport(IBus bus) : IControlTransport
{
    public Task PublishAsync<T>(T message, CancellationToken cancellationToken) where T : class => bus.Publish(message, cancellationToken);
}
