using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using Ingest.Messaging.RabbitMq;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.ServiceDefaults.Control;

/// <summary>The control bus between services: MassTransit, over the same broker as the batches.</summary>
public static class MassTransitHosting
{
    /// <summary>An inquiry that no writer takes in time is asked again anyway.</summary>
    private const int MessageTtlMilliseconds = 60_000;

    /// <summary>
    /// A process's own queue goes with the process. Where the broker dies at the same time, it has the queue when it is
    /// back, and nobody ever asks for it again.
    /// </summary>
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Off where the services' stages are part of a native program: MassTransit works by reflection, and the services' own
    /// entry points, which ask for it, come along.
    /// </summary>
    [FeatureSwitchDefinition("Ingest.MassTransit")]
    private static bool IsSupported => !AppContext.TryGetSwitch("Ingest.MassTransit", out var isSupported) || isSupported;

    public static IHostApplicationBuilder AddRabbitMqControlBus(this IHostApplicationBuilder builder)
    {
        if (!IsSupported)
            throw new NotSupportedException("This program has no control bus between processes.");
        builder.Services.AddHostedService<BurialNotifier>();
        builder.Services.AddSingleton<IControlTransport, MassTransitTransport>();
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            // The stages work without it.
            bus.ConfigureHealthCheckOptions(check => check.MinimalFailureStatus = HealthStatus.Healthy);
            bus.UsingRabbitMq(Configure);
        });
        builder.Services.Configure<MassTransitHostOptions>(host => host.StopTimeout = StopTimeout);

        // The data path says that the broker is away, once.
        builder.Logging.AddFilter("MassTransit", LogLevel.None);
        return builder;
    }

    private static void Configure(IBusRegistrationContext services, IRabbitMqBusFactoryConfigurator rabbitMq)
    {
        var broker = services.GetRequiredService<IOptions<RabbitMqOptions>>().Value.Uri;
        rabbitMq.Host(broker, host =>
        {
            // By itself it speaks TLS on port 5671 only, and to whoever has signed his own certificate.
            if (broker.Scheme == "amqps")
                host.UseSsl(tls => Verify(tls, broker.Host));
        });
        rabbitMq.MessageTopology.SetEntityNameFormatter(new ControlNames());
        foreach (var consumer in services.GetServices<ControlConsumer>().GroupBy(c => (c.Type, c.Audience)))
        {
            rabbitMq.ReceiveEndpoint(ControlNames.Queue(consumer.Key.Type, consumer.Key.Audience), endpoint =>
            {
                endpoint.AutoDelete = true;
                if (consumer.Key.Audience == Audience.Everyone)
                    endpoint.QueueExpiration = AbandonedAfter;
                endpoint.SetQueueArgument("x-message-ttl", MessageTtlMilliseconds);
                endpoint.DiscardFaultedMessages();
                endpoint.DiscardSkippedMessages();
                foreach (var message in consumer)
                    message.Accept(new Handlers(endpoint, services));
            });
        }
    }

    private static void Verify(IRabbitMqSslConfigurator tls, string name)
    {
        tls.ServerName = name;
        tls.Protocol = SslProtocols.None;
        tls.EnforcePolicyErrors(
            SslPolicyErrors.RemoteCertificateNotAvailable | SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateChainErrors);
    }

    private sealed class Handlers(IReceiveEndpointConfigurator endpoint, IServiceProvider services) : IControlConsumerVisitor
    {
        public void Visit<TConsumer, TMessage>()
            where TConsumer : class, IControlConsumer<TMessage>
            where TMessage : class
            => endpoint.Handler<TMessage>(context => services.GetRequiredService<TConsumer>().ConsumeAsync(context.Message, context.CancellationToken));
    }
}
