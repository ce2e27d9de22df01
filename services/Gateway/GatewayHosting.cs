using Ingest.Messaging;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ingest.Gateway;

public static class GatewayHosting
{
    /// <summary>Lines in over TCP, batches out to the queues.</summary>
    public static IHostApplicationBuilder AddGateway(this IHostApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<GatewayOptions>(GatewayOptions.Section);
        builder.Services.AddValidatedOptions<PublisherOptions>(PublisherOptions.Section);
        builder.Services.AddHostedService<GatewayWorker>();
        return builder;
    }
}
