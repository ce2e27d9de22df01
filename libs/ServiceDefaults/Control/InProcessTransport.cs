using Microsoft.Extensions.DependencyInjection;

namespace Ingest.ServiceDefaults.Control;

/// <summary>Within one process a message is a call.</summary>
/// <param name="services">Consumers send messages too, so they are looked for when there is one.</param>
internal sealed class InProcessTransport(IServiceProvider services) : IControlTransport
{
    public async Task PublishAsync<T>(T message, CancellationToken cancellationToken) where T : class
    {
        foreach (var consumer in services.GetServices<IControlConsumer<T>>())
            await consumer.ConsumeAsync(message, cancellationToken);
    }
}
