using Xunit;

namespace Ingest.TestSupport;

/// <summary>
/// The one PostgreSQL and the one RabbitMQ of a test assembly, each started by the first test that asks for it:
/// <c>[assembly: AssemblyFixture(typeof(SharedServers))]</c>. A test that interrupts a server starts its own.
/// </summary>
public sealed class SharedServers : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _postgres = new(PostgresServer.StartAsync);
    private readonly Lazy<Task<RabbitMqServer>> _rabbitMq = new(RabbitMqServer.StartAsync);

    /// <summary>Skips the running test when there is none to be had.</summary>
    public Task<PostgresServer> PostgresAsync() => OrSkipAsync(() => _postgres.Value);

    /// <inheritdoc cref="PostgresAsync"/>
    public Task<RabbitMqServer> RabbitMqAsync() => OrSkipAsync(() => _rabbitMq.Value);

    /// <summary>
    /// What <paramref name="start"/> starts. Without the server the running test is skipped with the reason, but where
    /// <c>CI</c> is set it fails: a run there proves everything or says that it did not.
    /// </summary>
    public static async Task<T> OrSkipAsync<T>(Func<Task<T>> start)
    {
        try
        {
            return await start();
        }
        catch (ServiceUnavailableException exception) when (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")))
        {
            Assert.Skip(exception.Message);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_rabbitMq is { IsValueCreated: true, Value.IsFaulted: false })
            await (await _rabbitMq.Value).DisposeAsync();
        if (_postgres is { IsValueCreated: true, Value.IsFaulted: false })
            await (await _postgres.Value).DisposeAsync();
    }
}
