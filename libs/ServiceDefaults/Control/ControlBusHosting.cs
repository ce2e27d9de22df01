using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.ServiceDefaults.Control;

/// <summary>
/// The bus for typed messages of low volume between the stages: MassTransit, over the same broker as the batches, or
/// calls within one process. Stages say which consumers they have, whatever carries the messages.
/// </summary>
public static class ControlBusHosting
{
    /// <summary>The bus as stages use it; without a transport nobody is told anything.</summary>
    public static IServiceCollection AddControlBus(this IServiceCollection services) => services.AddSingleton(
        provider => new ControlBus(provider.GetService<IControlTransport>(), provider.GetRequiredService<ILogger<ControlBus>>()));

    public static IServiceCollection AddControlConsumer<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TConsumer, TMessage>(
        this IServiceCollection services, Audience audience)
        where TConsumer : class, IControlConsumer<TMessage>
        where TMessage : class
    {
        services.TryAddSingleton<TConsumer>();
        services.AddSingleton<IControlConsumer<TMessage>>(provider => provider.GetRequiredService<TConsumer>());
        return services.AddSingleton<ControlConsumer>(new ControlConsumer<TConsumer, TMessage>(audience));
    }

    public static IHostApplicationBuilder AddInProcessControlBus(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IControlTransport, InProcessTransport>();
        return builder;
    }
}
