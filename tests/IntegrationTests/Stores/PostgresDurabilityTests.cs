using Ingest.TestSupport;
using Ingest.Writer;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ingest.IntegrationTests.Stores;

/// <summary>A commit is durable and sees what others have committed, whatever roles and servers are set to.</summary>
public sealed class PostgresDurabilityTests(SharedServers servers)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_settings_of_a_transaction_are_ours_whatever_the_role_prefers()
    {
        await using var server = await PostgresDatabase.CreateAsync(await servers.PostgresAsync());
        var name = new NpgsqlConnectionStringBuilder(server.ConnectionString).Database;
        foreach (var preference in new[] { "synchronous_commit TO off", "default_transaction_isolation TO 'repeatable read'", "tcp_user_timeout TO '1h'" })
            await server.ExecuteAsync($"ALTER ROLE CURRENT_USER IN DATABASE {name} SET {preference}");
        await server.ExecuteAsync(
            """
            CREATE TABLE t (a integer, durable text DEFAULT current_setting('synchronous_commit'),
                isolation text DEFAULT current_setting('transaction_isolation'), patience text DEFAULT current_setting('tcp_user_timeout'))
            """);
        var pipeline = StoreContract.Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        await using var database = Database.Parse(server.ConnectionString);
        await using var store = database.CreateStore(pipeline, TimeProvider.System);
        await store.PrepareAsync(Token);
        await store.CommitAsync([StoreContract.Rows(pipeline, """{"a":5}""")], Token);
        Assert.Equal("5|on|read committed|30000", await server.ScalarAsync<string>("SELECT concat_ws('|', a, durable, isolation, patience) FROM t"));
    }

    [Fact]
    public async Task A_server_that_does_not_wait_for_its_disk_is_warned_of_once()
    {
        await using var own = await SharedServers.OrSkipAsync(PostgresServer.StartOwnAsync);
        await using var server = await PostgresDatabase.CreateAsync(own);
        var pipeline = StoreContract.Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        await using var database = Database.Parse(server.ConnectionString);
        var warnings = new Warnings();
        await using var store = database.CreateStore(pipeline, TimeProvider.System, warnings);
        await store.PrepareAsync(Token);
        Assert.Empty(warnings.Said);

        await server.ExecuteAsync("ALTER SYSTEM SET fsync TO off");
        await server.ExecuteAsync("SELECT pg_reload_conf()");
        await Eventually.HoldsAsync(
            async () => await server.ScalarAsync<string>("SHOW fsync") == "off", Deadline, () => "The server was to take its new setting.");
        await Eventually.HoldsAsync(
            async () =>
            {
                // A session of the pool may not have heard of it yet.
                await store.PrepareAsync(Token);
                return warnings.Said.Count > 0;
            },
            Deadline,
            () => "Nobody was warned.");
        await store.PrepareAsync(Token);
        Assert.Contains("fsync", Assert.Single(warnings.Said), StringComparison.Ordinal);
    }

    private sealed class Warnings : ILogger
    {
        public List<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Said.Add(formatter(state, exception));
    }
}
