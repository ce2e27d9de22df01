using Ingest.Compression;
using Ingest.Gateway.Edge;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Http;
using Ingest.Gateway.Listening;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway;

public static class GatewayHosting
{
    private const int HttpBufferBytes = 128 * 1024;

    /// <summary>Connections that are left for health probes and metrics while producers have all of theirs.</summary>
    private const int ConnectionsForProbes = 16;

    /// <summary>Lines in, batches out to the queues.</summary>
    public static IHostApplicationBuilder AddGateway(this IHostApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<GatewayOptions>(GatewayOptions.Section, static (section, options, how) => section.Bind(options, how));
        builder.Services.AddValidatedOptions<EdgeOptions>(EdgeOptions.Section, static (section, options, how) => section.Bind(options, how));
        builder.Services.AddValidatedOptions<PublisherOptions>(PublisherOptions.Section, static (section, options, how) => section.Bind(options, how));
        builder.Services.TryAddSingleton(Random.Shared);
        builder.Services.AddSingleton(services => CreateTally(
            services.GetRequiredService<IOptions<GatewayOptions>>().Value, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton(services => new DecompressionBudget(
            services.GetRequiredService<IOptions<GatewayOptions>>().Value.Decompression, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddControlConsumer<CommitConsumer, BatchesCommitted>(Audience.Everyone);
        builder.Services.AddControlConsumer<CommitConsumer, BatchBuried>(Audience.Everyone);
        builder.Services.AddHostedService<CommitInquirer>();
        builder.Services.AddSingleton(services => new ProcessorVersions(services.GetRequiredService<TimeProvider>()));
        builder.Services.AddControlConsumer<VersionConsumer, DefinitionsInUse>(Audience.Everyone);
        builder.Services.AddHostedService<VersionInquirer>();
        builder.Services.AddSingleton<PipelineIntakes>();
        builder.Services.AddSingleton<GatewayEnd>();
        builder.Services.AddSingleton<AddressRules>();
        builder.Services.AddSingleton<Tokens>();
        builder.Services.AddSingleton<TlsCertificates>();
        builder.Services.AddSingleton<OutgoingTls>();
        builder.Services.AddSingleton<Gate>();
        builder.Services.AddSingleton<LinesEndpoint>();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>(BoundHttp);
        builder.Services.AddHostedService<GatewayWorker>();
        return builder;
    }

    /// <summary>Lines over HTTP; the host needs Kestrel and routing.</summary>
    public static void MapGateway(this IEndpointRouteBuilder app) =>
        app.MapPost(LinesEndpoint.Route, app.ServiceProvider.GetRequiredService<LinesEndpoint>().HandleAsync);

    private static void BoundHttp(KestrelServerOptions kestrel, IOptions<GatewayOptions> options)
    {
        kestrel.Limits.MaxConcurrentConnections = options.Value.MaxHttpConnections + ConnectionsForProbes;
        // What is received and not yet read; the default is a megabyte for each connection.
        kestrel.Limits.MaxRequestBufferSize = HttpBufferBytes;
        kestrel.Limits.Http2.InitialConnectionWindowSize = HttpBufferBytes;
        kestrel.Limits.Http2.InitialStreamWindowSize = HttpBufferBytes;
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection =>
        {
            if (connection.Features.Get<IConnectionSocketFeature>() is { Socket: var socket })
                LineConnection.KeepAlive(socket);
            return next(connection);
        }));
    }

    private static CommitTally CreateTally(GatewayOptions options, TimeProvider time) =>
        new(options.MaxUncommittedBatches, options.InquireAfter, time);
}
