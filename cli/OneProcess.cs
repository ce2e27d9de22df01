using Ingest.Messaging;
using Ingest.Processor;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Ingest.Writer;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Cli;

/// <summary>The services' own stages in one process, joined by in-memory queues.</summary>
internal static class OneProcess
{
    /// <summary>
    /// What is under way here waits for its commit, not for a broker's confirm: of few bytes, which the processors' caches
    /// hold, there are two transactions' rows and one that fills meanwhile.
    /// </summary>
    private const int MaxTransactionRows = 5_000;

    /// <summary>
    /// Bytes are bounded by what publishers may have in flight. Counted in messages that may each be a longest line, far
    /// fewer would be under way, and the database would wait for rows between two commits.
    /// </summary>
    private const long PrefetchBytes = 4L * 1024 * 1024 * 1024;

    /// <summary>
    /// Processor and writer; stages that are added later are stopped earlier, so a reader goes last.
    /// </summary>
    public static HostApplicationBuilder CreateBuilder(PipelineCatalog catalog, Database database, LogLevel level)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddStages(catalog, database, level);
        return builder;
    }

    /// <inheritdoc cref="CreateBuilder"/>
    public static void AddStages(this IHostApplicationBuilder builder, PipelineCatalog catalog, Database database, LogLevel level)
    {
        builder.Configuration.AddEnvironmentVariables();
        builder.Logging.AddServiceLogging().SetMinimumLevel(level).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<StageHealth>();
        builder.Services.AddControlBus();
        builder.Services.AddSingleton(catalog);
        builder.Services.AddSingleton(database);
        builder.Services.Configure<ProcessorOptions>(processor => processor.PrefetchBytes = PrefetchBytes);
        builder.Services.Configure<WriterOptions>(
            writer => (writer.PrefetchBytes, writer.MaxTransactionRows) = (PrefetchBytes, MaxTransactionRows));
        builder.AddInMemoryQueues().AddWriter().AddProcessor();
    }

    /// <summary>Creates the tables before anything is read, so that a database that refuses says so at once.</summary>
    /// <exception cref="StartupException">The database refuses or cannot be reached.</exception>
    public static async Task PrepareAsync(PipelineCatalog catalog, Database database, CancellationToken cancellationToken)
    {
        foreach (var pipeline in catalog.Pipelines)
        {
            await using var store = database.CreateStore(pipeline, TimeProvider.System);
            try
            {
                await store.PrepareAsync(cancellationToken);
            }
            catch (Exception failure) when (failure is StoreAwayException or StoreRefusedException)
            {
                throw new StartupException($"The database {database.Name} cannot be used: {failure.Message}");
            }
        }
    }
}
