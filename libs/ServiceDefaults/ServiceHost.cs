using Ingest.ServiceDefaults.Control;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.ServiceDefaults;

/// <summary>What every service is made of besides its stage: configuration, logging, health over HTTP, an orderly end.</summary>
public static class ServiceHost
{
    /// <summary>Longer than any stage's drain, shorter than what Compose waits.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(28);

    /// <summary>Options are read at the start; a watch for changes would wake with every file written below the working folder.</summary>
    private const string ConfigurationStays = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Runs a service until it is told to stop, or with <c>--health</c> asks the running one how it is.</summary>
    /// <param name="name">The service's name in logs.</param>
    /// <param name="port">Where HTTP listens on loopback unless ASP.NET Core is configured otherwise.</param>
    /// <param name="args">The command line.</param>
    /// <param name="compose">Adds the stage.</param>
    /// <param name="map">Adds what the stage answers over HTTP.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        string name, int port, string[] args, Action<WebApplicationBuilder> compose, Action<WebApplication>? map = null)
    {
        if (args.Contains("--health"))
            return await HealthProbe.RunAsync(port);
        try
        {
            var builder = WebApplication.CreateSlimBuilder([ConfigurationStays, .. args]);
            if (HealthProbe.ConfiguredUrls() is null)
                builder.WebHost.UseUrls(HealthProbe.DefaultUrl(port));
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.Logging.AddServiceLogging();
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
            builder.Services.AddSingleton(TimeProvider.System);
            builder.Services.AddSingleton<StageHealth>();
            builder.Services.AddControlBus();
            builder.Services.AddHealthChecks().AddCheck<StageHealth>("stages");
            builder.Services.AddSingleton(PipelineCatalog.Load(builder.Configuration["Ingest:Pipelines"] ?? "pipelines"));
            builder.AddMetrics();
            compose(builder);

            var app = builder.Build();
            app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
            app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = HealthProbe.WriteAsync });
            app.MapMetrics();
            map?.Invoke(app);
            await app.StartOrStopAsync();
            var exitCode = await app.WaitForExitCodeAsync();
            await app.DisposeAsync();
            return exitCode;
        }
        catch (Exception failure) when (StartupErrors.Describe(failure) is { } told)
        {
            await Console.Error.WriteLineAsync($"{name}: {told.Message}");
            return told.ExitCode;
        }
    }
}
