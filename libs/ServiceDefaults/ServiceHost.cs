using Ingest.Pipelines.Definition;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.ServiceDefaults;

/// <summary>What every service is made of besides its stage: configuration, logging, health over HTTP, an orderly end.</summary>
public static class ServiceHost
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(28);

    /// <summary>Runs a service until it is told to stop, or with <c>--health</c> asks the running one how it is.</summary>
    /// <param name="name">The service's name in logs.</param>
    /// <param name="port">Where HTTP listens on loopback unless ASP.NET Core is configured otherwise.</param>
    /// <param name="args">The command line.</param>
    /// <param name="compose">Adds the stage.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string name, int port, string[] args, Action<WebApplicationBuilder> compose)
    {
        if (args.Contains("--health"))
            return await HealthProbe.RunAsync(port);
        try
        {
            var builder = WebApplication.CreateSlimBuilder(args);
            if (HealthProbe.ConfiguredUrls() is null)
                builder.WebHost.UseUrls(HealthProbe.DefaultUrl(port));
            builder.Logging.AddServiceLogging();
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
            builder.Services.AddSingleton(TimeProvider.System);
            builder.Services.AddSingleton<StageHealth>();
            builder.Services.AddHealthChecks().AddCheck<StageHealth>("stages");
            builder.Services.AddSingleton(LoadPipelines(builder.Configuration["Ingest:Pipelines"] ?? "pipelines"));
            compose(builder);

            var app = builder.Build();
            app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
            app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = HealthProbe.WriteAsync });
            await app.RunAsync();
            return ExitCodes.Success;
        }
        catch (StartupException failure)
        {
            await Console.Error.WriteLineAsync($"{name}: {failure.Message}");
            return failure.ExitCode;
        }
        catch (OptionsValidationException wrong)
        {
            foreach (var failure in wrong.Failures)
                await Console.Error.WriteLineAsync($"{name}: {failure}");
            return ExitCodes.BadConfiguration;
        }
        catch (InvalidOperationException wrong) when (wrong.Source?.StartsWith("Microsoft.Extensions.Configuration", StringComparison.Ordinal) == true)
        {
            await Console.Error.WriteLineAsync($"{name}: a setting cannot be read: {wrong.Message}");
            return ExitCodes.BadConfiguration;
        }
        catch (IOException taken) when (taken.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"{name}: {taken.Message} Set ASPNETCORE_URLS to another address.");
            return ExitCodes.Failed;
        }
    }

    private static PipelineCatalog LoadPipelines(string path)
    {
        var loaded = DefinitionLoader.LoadAll(path);
        if (loaded.Errors.Count > 0)
            throw new StartupException(string.Join(Environment.NewLine, loaded.Errors), ExitCodes.BadConfiguration);
        return new PipelineCatalog(loaded.Definitions);
    }
}
