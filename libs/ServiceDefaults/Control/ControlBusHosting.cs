using Ingest.Messaging.RabbitMq;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.ServiceDefaults.Control;

/// <summary>
/// The bus for typed messages of low volume between the stages: MassTransit, over the same broker as the batches or in
/// memory. Stages say which consumers they have (<see cref="AddControlConsumer"/>), whatever the transport.
/// </summary>
public static class ControlBusHosting
{
    /// <summary>An inquiry that no writer takes in time is asked again anyway.</summary>
    private const int MessageTtlMilliseconds = 60_000;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);

    public static IServiceCollection AddControlConsumer<T>(this IServiceCollection services, Audience audience) where T : class, IConsumer
    {
        services.AddSingleton<T>();
        return services.AddSingleton(new ControlConsumer(typeof(T), audience));
    }

    public static IHostApplicationBuilder AddRabbitMqControlBus(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHostedService<BurialNotifier>();
        return builder.AddControlBus(bus => bus.UsingRabbitMq(ConfigureRabbitMq));
    }

    public static IHostApplicationBuilder AddInMemoryControlBus(this IHostApplicationBuilder builder) => builder.AddControlBus(bus =>
        bus.UsingInMemory((services, inMemory) =>
        {
            foreach (var consumer in services.GetServices<ControlConsumer>())
                inMemory.ReceiveEndpoint(ControlNames.Queue(consumer), endpoint => Consume(endpoint, consumer, services));
        }));

    private static IHostApplicationBuilder AddControlBus(this IHostApplicationBuilder builder, Action<IBusRegistrationConfigurator> transport)
    {
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            // The stages work without it.
            bus.ConfigureHealthCheckOptions(check => check.MinimalFailureStatus = HealthStatus.Healthy);
            transport(bus);
        });
        builder.Services.Configure<MassTransitHostOptions>(host => host.StopTimeout = StopTimeout);

        // The data path says that the broker is away, once.
        builder.Logging.AddFilter("MassTransit", LogLevel.None);
        return builder;
    }

    private static void ConfigureRabbitMq(IBusRegistrationContext services, IRabbitMqBusFactoryConfigurator rabbitMq)
    {
        rabbitMq.Host(services.GetRequiredService<IOptions<RabbitMqOptions>>().Value.Uri);
        rabbitMq.MessageTopology.SetEntityNameFormatter(new ControlNames());
        foreach (var consumer in services.GetServices<ControlConsumer>())
        {
            rabbitMq.ReceiveEndpoint(ControlNames.Queue(consumer), endpoint =>
            {
                endpoint.AutoDelete = true;
                endpoint.SetQueueArgument("x-message-ttl", MessageTtlMilliseconds);
                Consume(endpoint, consumer, services);
            });
        }
    }

    private static void Consume(IReceiveEndpointConfigurator endpoint, ControlConsumer consumer, IServiceProvider services)
    {
        endpoint.DiscardFaultedMessages();
        endpoint.DiscardSkippedMessages();
        endpoint.Consumer(consumer.Type, services.GetRequiredService);
    }
}
