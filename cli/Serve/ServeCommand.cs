using System.CommandLine;
using Ingest.Gateway;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Ingest.Writer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
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
        var http = new Option<string?>("--http")
        {
            Description = "Takes lines over HTTP too, at this address, such as http://127.0.0.1:8080; without it ASPNETCORE_URLS, if that is set.",
            HelpName = "URL",
        };
        var command = new Command("serve", "Takes lines as the pipelines' definitions say, and writes what comes into a database.") { pipeline, database, http };
        command.SetAction(parsed => CommonOptions.GuardAsync(
            () => RunAsync(parsed.GetValue(pipeline)!, parsed.GetValue(database)!, parsed.GetValue(http))));
        return command;
    }

    private static async Task<int> RunAsync(string pipelines, string databaseText, string? http)
    {
        var catalog = PipelineCatalog.Load(pipelines);
        http ??= Environment.GetEnvironmentVariable("ASPNETCORE_URLS");
        if (string.IsNullOrEmpty(http) && catalog.Pipelines.All(p => p is { ListenPort: null, ListenPath: null, Connect: null }))
            throw new StartupException($"{pipelines} says nowhere where lines come from; add 'listen: 7070' to a definition, or say --http.", ExitCodes.BadConfiguration);
        await using var database = CommonOptions.OpenDatabase(databaseText);
        await OneProcess.PrepareAsync(catalog, database, CancellationToken.None);

        using var host = string.IsNullOrEmpty(http) ? BuildHost(catalog, database) : BuildWebHost(catalog, database, http);
        await host.StartOrStopAsync();
        foreach (var url in (host as WebApplication)?.Urls.Where(u => !u.Contains("unix:", StringComparison.Ordinal)) ?? [])
            await Console.Error.WriteLineAsync($"Taking lines at {url}/v1/pipelines/NAME/lines.");
        await Console.Error.WriteLineAsync($"Writing to {database.Name}; Ctrl+C stops.");
        return await host.WaitForExitCodeAsync();
    }

    private static IHost BuildHost(PipelineCatalog catalog, Database database)
    {
        var builder = OneProcess.CreateBuilder(catalog, database, LogLevel.Information);
        AddWaysIn(builder);
        return builder.Build();
    }

    private static WebApplication BuildWebHost(PipelineCatalog catalog, Database database, string urls)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.AddStages(catalog, database, LogLevel.Information);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().UseUrls(urls)
            .ConfigureKestrel(kestrel => kestrel.Configure(builder.Configuration.GetSection("Kestrel")));
        builder.Services.AddRoutingCore();
        AddWaysIn(builder);
        var app = builder.Build();
        app.UseRouting();
        app.MapGateway();
        app.UseEndpoints(_ => { });
        return app;
    }

    private static void AddWaysIn(IHostApplicationBuilder builder)
    {
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ServiceHost.ShutdownTimeout);
        builder.AddInProcessControlBus().AddGateway();
    }
}
