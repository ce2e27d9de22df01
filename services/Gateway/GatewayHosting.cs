using Ingest.Compression;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Receipts;
using Ingest.Messaging;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway;

public static class GatewayHosting
{
    /// <summary>Lines in over TCP, batches out to the queues.</summary>
    public static IHostApplicationBuilder AddGateway(this IHostApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<GatewayOptions>(GatewayOptions.Section);
        builder.Services.AddValidatedOptions<PublisherOptions>(PublisherOptions.Section);
        builder.Services.TryAddSingleton(Random.Shared);
        builder.Services.AddSingleton(services => CreateTally(
            services.GetRequiredService<IOptions<GatewayOptions>>().Value, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton(services => new DecompressionBudget(
            services.GetRequiredService<IOptions<GatewayOptions>>().Value.Decompression, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddControlConsumer<CommitConsumer>(Audience.Everyone);
        builder.Services.AddHostedService<CommitInquirer>();
        builder.Services.AddSingleton(services => new ProcessorVersions(services.GetRequiredService<TimeProvider>()));
        builder.Services.AddControlConsumer<VersionConsumer>(Audience.Everyone);
        builder.Services.AddHostedService<VersionInquirer>();
        builder.Services.AddHostedService<GatewayWorker>();
        return builder;
    }

    private static CommitTally CreateTally(GatewayOptions options, TimeProvider time) =>
        new(options.MaxUncommittedBatches, options.InquireAfter, time);
}
