using Microsoft.Extensions.Logging;

namespace Ingest.ServiceDefaults;

public static class LoggingExtensions
{
    /// <summary>One line for each event, with its time in UTC, on standard output.</summary>
    public static ILoggingBuilder AddServiceLogging(this ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        // It repeats with every probe what the stage has said already.
        logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        return logging;
    }
}
