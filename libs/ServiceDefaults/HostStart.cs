using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ingest.ServiceDefaults;

/// <summary>The start of a host whose parts may not all start, and the end of one whose parts may have failed.</summary>
public static class HostStart
{
    /// <summary>Starts the host; where a part cannot start, those that have started are stopped in order before that is told.</summary>
    public static async Task StartOrStopAsync(this IHost host)
    {
        try
        {
            await host.StartAsync();
        }
        catch
        {
            try
            {
                await host.StopAsync();
            }
            catch (Exception)
            {
                // Why it did not start is what counts.
            }

            throw;
        }
    }

    /// <summary>Completes when the host has stopped.</summary>
    /// <returns>The exit code: a part that failed stops the host, and whoever watches the process must see that.</returns>
    public static async Task<int> WaitForExitCodeAsync(this IHost host)
    {
        await host.WaitForShutdownAsync();
        var hasFailed = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(s => s.ExecuteTask is { IsFaulted: true });
        return hasFailed ? ExitCodes.Failed : ExitCodes.Success;
    }
}
