using Ingest.Messaging;
using Ingest.Messaging.InMemory;
using Ingest.Messaging.RabbitMq;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Ingest.ServiceDefaults;

/// <summary>Which queues join the stages: the one thing that differs between the services and one process.</summary>
public static class QueueExtensions
{
    public static IHostApplicationBuilder AddRabbitMqQueues(this IHostApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<RabbitMqOptions>(RabbitMqOptions.Section, static (section, options, how) => section.Bind(options, how));
        builder.Services.AddOptions<RabbitMqOptions>().Configure<IConfiguration>((options, configuration) =>
        {
            if (configuration.GetConnectionString("RabbitMq") is not { Length: > 0 } text)
                return;
            if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps"))
                throw new StartupException("ConnectionStrings__RabbitMq is not an amqp:// or amqps:// URI.", ExitCodes.BadConfiguration);
            options.Uri = uri;
        });
        builder.Services.AddSingleton<IQueueProblems>(services => services.GetRequiredService<StageHealth>());
        builder.Services.AddSingleton<RabbitMqQueues>();
        builder.Services.AddSingleton<IBatchQueues>(services => services.GetRequiredService<RabbitMqQueues>());
        builder.Services.AddHealthChecks().AddCheck<RabbitMqHealth>("rabbitmq");
        return builder;
    }

    public static IHostApplicationBuilder AddInMemoryQueues(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IBatchQueues, InMemoryQueues>();
        return builder;
    }

    private sealed class RabbitMqHealth(RabbitMqQueues queues) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await queues.CheckAsync(cancellationToken) is { } problem ? HealthCheckResult.Unhealthy(problem) : HealthCheckResult.Healthy();
    }
}
