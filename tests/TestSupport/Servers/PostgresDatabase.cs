using Npgsql;

namespace Ingest.TestSupport;

/// <summary>A new, empty database, dropped at the end.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly PostgresServer _server;
    private readonly string _name = TestNames.Unique("t");

    private PostgresDatabase(PostgresServer server) => _server = server;

    public string ConnectionString => new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Database = _name }.ConnectionString;

    public static async Task<PostgresDatabase> CreateAsync(PostgresServer server)
    {
        var database = new PostgresDatabase(server);
        await ScalarAsync<object>(database.AdminString, $"create database {database._name}");
        return database;
    }

    public Task ExecuteAsync(string sql) => ScalarAsync<object>(ConnectionString, sql);

    /// <summary>The first column of the first row; null when there is none.</summary>
    public Task<T?> ScalarAsync<T>(string sql) => ScalarAsync<T>(ConnectionString, sql);

    public async ValueTask DisposeAsync()
    {
        await using (var pool = new NpgsqlConnection(ConnectionString))
            NpgsqlConnection.ClearPool(pool);
        try
        {
            await ScalarAsync<object>(AdminString, $"drop database if exists {_name} with (force)");
        }
        catch (NpgsqlException exception) when (exception is not PostgresException)
        {
            // The test took the server down; its data goes with it.
        }
    }

    private string AdminString =>
        new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Pooling = false, Timeout = 10 }.ConnectionString;

    private static async Task<T?> ScalarAsync<T>(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }
}
