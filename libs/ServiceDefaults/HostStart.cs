using Microsoft.Extensions.Hosting;

namespace Ingest.ServiceDefaults;

/// <summary>The start of a host whose parts do not all start.</summary>
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
}
