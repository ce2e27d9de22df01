using Ingest.Writer;
using Microsoft.Extensions.Logging;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>Hears from a writer's log that its patience ended, after which a source's lines may come out of order.</summary>
internal sealed class OrderWatch(World world) : ILogger<WriterWorker>
{
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        world.OrderIsKept &= !formatter(state, exception).Contains("what lies behind it is written without it", StringComparison.Ordinal);

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
}
