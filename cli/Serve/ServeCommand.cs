using System.CommandLine;
using Ingest.Gateway;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Ingest.Writer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Cli.Serve;

/// <summary><c>ingest serve</c>: gateway, processor and writer in this process.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var pipeline = CommonOptions.Pipeline();
        pipeline.Description = "A pipeline's definition, or a folder of them.";
        var database = CommonOptions.Database();
        var command = new Command("serve", "Listens on the pipelines' ports and writes what comes into a database.") { pipeline, database };
        command.SetAction(parsed => CommonOptions.GuardAsync(() => RunAsync(parsed.GetValue(pipeline)!, parsed.GetValue(database)!)));
        return command;
    }

    private static async Task<int> RunAsync(string pipelines, string databaseText)
    {
        var catalog = PipelineCatalog.Load(pipelines);
        if (catalog.Pipelines.All(p => p is { ListenPort: null, ListenPath: null, Connect: null }))
            throw new StartupException($"{pipelines} says nowhere where lines come from; add 'listen: 7070' to a definition.", ExitCodes.BadConfiguration);
        await using var database = CommonOptions.OpenDatabase(databaseText);
        await OneProcess.PrepareAsync(catalog, database, CancellationToken.None);

        var builder = OneProcess.CreateBuilder(catalog, database, LogLevel.Information);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ServiceHost.ShutdownTimeout);
        builder.AddInMemoryControlBus().AddGateway();
        using var host = builder.Build();
        await host.StartAsync();
        await Console.Error.WriteLineAsync($"Writing to {database.Name}; Ctrl+C stops.");
        await host.WaitForShutdownAsync();
        return ExitCodes.Success;
    }
}
