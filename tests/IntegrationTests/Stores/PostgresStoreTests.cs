using System.Globalization;
using Ingest.TestSupport;
using Ingest.Writer;
using Npgsql;

namespace Ingest.IntegrationTests.Stores;

public sealed class PostgresStoreTests(SharedServers servers) : StoreContract
{
    private PostgresDatabase? _server;

    [Theory]
    [InlineData("CREATE UNLOGGED TABLE t (a integer)", "unlogged")]
    [InlineData("CREATE VIEW t AS SELECT 1 AS a", "not an ordinary table")]
    [InlineData("CREATE TABLE t (a integer, b integer NOT NULL)", "\"b\"")]
    [InlineData("CREATE TABLE t (a real)", "type real, the definition says integer")]
    public async Task A_table_that_would_break_the_promise_is_refused(string create, string message)
    {
        await _server!.ExecuteAsync(create);
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => PrepareAsync(Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer")));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_of_another_type_than_the_table_has_now_are_not_copied_as_nonsense()
    {
        var pipeline = Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        await using var store = await PrepareAsync(pipeline);
        var rows = Rows(pipeline, """{"a":1069547520}""");
        await _server!.ExecuteAsync("ALTER TABLE t ALTER COLUMN a TYPE real");
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => store.CommitAsync([rows], Token));
        Assert.Contains("type real", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["0"], await QueryAsync("SELECT count(*) FROM ingest_batches"));
        await _server.ExecuteAsync("ALTER TABLE t ALTER COLUMN a TYPE integer");
        await store.CommitAsync([rows], Token);
        Assert.Equal(["1069547520"], await QueryAsync("SELECT a FROM t"));
    }

    [Fact]
    public async Task A_column_may_have_the_name_that_a_merge_would_like_to_use()
    {
        var pipeline = Parse("pipeline: t\ntable: t\nkey: a\ncolumns:\n  a: integer\n  ingest_order: text");
        await using var store = await PrepareAsync(pipeline);
        await store.CommitAsync([Rows(pipeline, """{"a":1,"ingest_order":"x"}""", """{"a":1}""")], Token);
        Assert.Equal(["1|x"], await QueryAsync("SELECT * FROM t"));
    }

    [Fact]
    public async Task Extra_columns_with_defaults_and_a_unique_index_for_the_key_are_fine()
    {
        await _server!.ExecuteAsync("CREATE TABLE t (n bigserial, a integer NOT NULL UNIQUE, d text DEFAULT 'x' NOT NULL, e text)");
        var pipeline = Parse("pipeline: t\ntable: t\nkey: a\ncolumns:\n  a: integer");
        await using var store = await PrepareAsync(pipeline);
        await store.CommitAsync([Rows(pipeline, """{"a":5}""", """{"a":5}""")], Token);
        Assert.Equal(["5|x|NULL"], await QueryAsync("SELECT a, d, e FROM t"));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_away_and_a_wrong_password_refuses()
    {
        var settings = new NpgsqlConnectionStringBuilder(_server!.ConnectionString);
        var pipeline = Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        await using var away = Database.Parse($"Host=127.0.0.1;Port={FreePort.Next()};Username=u;Database=d");
        await using var awayStore = away.CreateStore(pipeline, TimeProvider.System);
        await Assert.ThrowsAsync<StoreAwayException>(() => awayStore.PrepareAsync(Token));
        settings.Database = "no_such_database";
        await using var missing = Database.Parse(settings.ConnectionString);
        await using var missingStore = missing.CreateStore(pipeline, TimeProvider.System);
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => missingStore.PrepareAsync(Token));
        Assert.Contains("no_such_database", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commits_are_durable_whatever_the_role_prefers()
    {
        await _server!.ExecuteAsync("ALTER ROLE CURRENT_USER IN DATABASE " + new NpgsqlConnectionStringBuilder(_server.ConnectionString).Database + " SET synchronous_commit TO off");
        await _server.ExecuteAsync("CREATE TABLE t (a integer, durable text DEFAULT current_setting('synchronous_commit'))");
        var pipeline = Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        await using var store = await PrepareAsync(pipeline);
        await store.CommitAsync([Rows(pipeline, """{"a":5}""")], Token);
        Assert.Equal(["5|on"], await QueryAsync("SELECT a, durable FROM t"));
    }

    protected override async Task<string> OpenAsync()
    {
        _server = await PostgresDatabase.CreateAsync(await servers.PostgresAsync());
        return _server.ConnectionString;
    }

    protected override async Task CloseAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    protected override string Table(string schema, string table) => $"{schema}.{table}";

    protected override string Text(string column) => column == "z" ? "(z AT TIME ZONE 'UTC')::text || '+00'" : $"{column}::text";

    protected override string Number(string column) => $"{column}::integer";

    protected override async Task<List<string>> QueryAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_server!.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount)
                .Select(i => reader.IsDBNull(i) ? "NULL" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))));
        }

        return rows;
    }
}
