using Ingest.Messaging;
using Ingest.Processor.Notices;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Ingest.Processor;

public static class ProcessorHosting
{
    /// <summary>Line batches in, row batches out.</summary>
    public static IHostApplicationBuilder AddProcessor(this IHostApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<ProcessorOptions>(ProcessorOptions.Section, static (section, options, how) => section.Bind(options, how));
        builder.Services.AddValidatedOptions<PublisherOptions>(PublisherOptions.Section, static (section, options, how) => section.Bind(options, how));
        builder.Services.TryAddSingleton(Random.Shared);
        builder.Services.TryAddSingleton<Isolation>();
        builder.Services.AddHostedService<ProcessorWorker>();
        builder.Services.AddControlConsumer<DefinitionInquiryConsumer, DefinitionInquiry>(Audience.Everyone);
        builder.Services.AddHostedService<DefinitionNotifier>();
        return builder;
    }
}
