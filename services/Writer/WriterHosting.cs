using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Ingest.Writer.Notices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Writer;

public static class WriterHosting
{
    /// <summary>Row batches in, transactions out.</summary>
    public static IHostApplicationBuilder AddWriter(this IHostApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<WriterOptions>(WriterOptions.Section, static (section, options, how) => section.Bind(options, how));
        builder.Services.TryAddSingleton(_ => OpenDatabase(builder.Configuration.GetConnectionString("Database")));
        builder.Services.TryAddSingleton<IRowStores, DatabaseStores>();
        builder.Services.TryAddSingleton<Isolation>();
        builder.Services.TryAddSingleton(Random.Shared);
        builder.Services.AddSingleton<LedgerNotices>();
        builder.Services.AddSingleton<CommitNotifier>();
        builder.Services.AddSingleton<ICommitListener>(services => services.GetRequiredService<CommitNotifier>());
        builder.Services.AddSingleton<ICommitListener, CommitMeter>();
        builder.Services.AddControlConsumer<InquiryConsumer, BatchInquiry>(Audience.AnyOne);
        builder.Services.AddHostedService(services => services.GetRequiredService<CommitNotifier>());
        builder.Services.AddHostedService<WriterWorker>();
        return builder;
    }

    private static Database OpenDatabase(string? text)
    {
        if (string.IsNullOrEmpty(text))
            throw new StartupException("No database is set; set ConnectionStrings__Database.", ExitCodes.BadConfiguration);
        try
        {
            return Database.Parse(text);
        }
        catch (FormatException wrong)
        {
            throw new StartupException(wrong.Message, ExitCodes.BadConfiguration);
        }
    }

    private sealed class DatabaseStores(Database database, TimeProvider time, ILogger<Database> logger) : IRowStores
    {
        public IRowStore Create(PipelineDefinition pipeline) => database.CreateStore(pipeline, time, logger);
    }
}
