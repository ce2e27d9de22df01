using System.Globalization;
using Ingest.TestSupport;
using Ingest.Writer;
using Ingest.Writer.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ingest.IntegrationTests.Stores;

/// <summary>The table beside, where rows wait to be merged, serves one transaction after another.</summary>
public sealed class PostgresMergeTests(SharedServers servers) : IAsyncLifetime
{
    private const string Older = "pipeline: t\ntable: t\nkey: a\non_duplicate: update\ncolumns:\n  a: integer\n  b: text";
    private const string Newer = Older + "\n  c: text";

    private const string Tables = "SELECT string_agg(oid::text, ', ') FROM pg_class WHERE relname LIKE 'ingest\\_merge\\_%' AND relkind = 'r'";

    private const string Bytes = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relname LIKE 'ingest\\_merge\\_%' AND relkind = 'r'";

    private PostgresDatabase? _server;
    private Database? _database;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_table_serves_all_transactions_of_a_session()
    {
        await _server!.ExecuteAsync("CREATE TABLE t (a integer PRIMARY KEY, b text CHECK (b <> 'bad'))");
        var pipeline = StoreContract.Parse(Older);
        await using var store = await PrepareAsync(Older);
        await store.CommitAsync([StoreContract.Rows(pipeline, """{"a":0,"b":"first"}""", """{"a":0,"b":"second"}""")], Token);
        var made = await TextAsync(Tables);
        Assert.Matches("^[0-9]+$", made);
        for (var i = 1; i <= 5; i++)
        {
            var committed = await store.CommitAsync(
                [StoreContract.Rows(pipeline, $$"""{"a":0,"b":"again"}""", $$"""{"a":{{i}},"b":"x"}""")], Token);
            Assert.Equal([(2L, 0L, 0L)], committed.Select(c => (c.Written, c.Duplicate, c.Rejected)));
        }

        Assert.Equal(made, await TextAsync(Tables));
        Assert.Equal("0 again, 1 x, 2 x, 3 x, 4 x, 5 x", await TextAsync("SELECT string_agg(a || ' ' || b, ', ' ORDER BY a) FROM t"));
    }

    [Fact]
    public async Task What_was_found_by_parts_leaves_no_index_and_no_statistics_to_the_next()
    {
        await _server!.ExecuteAsync("CREATE TABLE t (a integer PRIMARY KEY, b text CHECK (b <> 'bad'))");
        var pipeline = StoreContract.Parse(Older);
        await using var store = await PrepareAsync(Older);
        for (var i = 1; i <= 3; i++)
        {
            var committed = await store.CommitAsync(
                [StoreContract.Rows(pipeline, """{"a":0,"b":"x"}""", """{"a":0,"b":"y"}""", $$"""{"a":{{-i}},"b":"bad"}""", $$"""{"a":{{i}},"b":"x"}""")], Token);
            Assert.Equal([(3L, 0L, 1L)], committed.Select(c => (c.Written, c.Duplicate, c.Rejected)));
            Assert.Null(await TextAsync(Tables));
        }
    }

    [Fact]
    public async Task What_was_undone_takes_no_room_in_the_next_transaction()
    {
        var pipeline = StoreContract.Parse(Older);
        await using var source = NpgsqlDataSource.Create(_server!.ConnectionString + ";No Reset On Close=true");
        await using var store = new PostgresStore(source, "db", pipeline, NullLogger.Instance) { LockTimeout = TimeSpan.FromMilliseconds(50) };
        await store.PrepareAsync(Token);
        await store.CommitAsync([StoreContract.Rows(pipeline, """{"a":0,"b":"first"}""", """{"a":0,"b":"second"}""")], Token);
        var many = StoreContract.Rows(pipeline, [.. Enumerable.Range(0, 2000).Select(i => $$"""{"a":{{i % 100}},"b":"{{new string('x', 100)}}"}""")]);
        await using (var other = new NpgsqlConnection(_server.ConnectionString + ";Pooling=false"))
        {
            await other.OpenAsync(Token);
            await using var hold = new NpgsqlCommand("BEGIN; SELECT FROM t FOR UPDATE", other);
            await hold.ExecuteNonQueryAsync(Token);
            for (var i = 0; i < 3; i++)
                await Assert.ThrowsAsync<StoreAwayException>(() => store.CommitAsync([many], Token));
            Assert.InRange(long.Parse((await TextAsync(Bytes))!, CultureInfo.InvariantCulture), 1, 2000 * 300);

            // The end of a connection alone lets the rows go a little later.
            await using var release = new NpgsqlCommand("ROLLBACK", other);
            await release.ExecuteNonQueryAsync(Token);
        }

        Assert.Equal(2000, (await store.CommitAsync([many], Token))[0].Written);
        Assert.Equal("0", await TextAsync(Bytes));
    }

    [Fact]
    public async Task What_a_table_with_triggers_left_in_the_session_is_not_there_for_the_next_transaction()
    {
        await _server!.ExecuteAsync(
            """
            CREATE TABLE t (a integer PRIMARY KEY, b text);
            CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                CREATE TEMP TABLE left_behind (a integer);
                PERFORM set_config('ingest_test.left', 'behind', false);
                RETURN NULL; END $$;
            CREATE TRIGGER leave AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION leave()
            """);
        var pipeline = StoreContract.Parse(Older);
        await using var store = await PrepareAsync(Older);
        for (var i = 0; i < 3; i++)
            Assert.Equal(1, (await store.CommitAsync([StoreContract.Rows(pipeline, $$"""{"a":{{i}},"b":"x"}""")], Token))[0].Written);
    }

    [Fact]
    public async Task Rows_of_two_kinds_in_turn_in_one_transaction_are_each_merged_once()
    {
        var (older, newer) = (StoreContract.Parse(Older), StoreContract.Parse(Newer));
        await using var store = await PrepareAsync(Newer);
        var committed = await store.CommitAsync(
            [
                StoreContract.Rows(older, """{"a":2,"b":"w"}""", """{"a":1,"b":"x"}""", """{"a":2,"b":"x"}"""),
                StoreContract.Rows(newer, """{"a":1,"b":"y","c":"z"}"""),
                StoreContract.Rows(older, """{"a":3,"b":"x"}"""),
                StoreContract.Rows(newer, """{"a":4}"""),
            ],
            Token);
        Assert.Equal([3L, 1L, 1L, 1L], committed.Select(c => c.Written));
        Assert.Equal("1yz, 2x, 3x, 4", await TextAsync("SELECT string_agg(concat(a, b, c), ', ' ORDER BY a) FROM t"));
    }

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresDatabase.CreateAsync(await servers.PostgresAsync());
        _database = Database.Parse(_server.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    private Task<string?> TextAsync(string sql) => _server!.ScalarAsync<string>($"SELECT ({sql})::text");

    private async Task<IRowStore> PrepareAsync(string yaml)
    {
        var store = _database!.CreateStore(StoreContract.Parse(yaml), TimeProvider.System);
        await store.PrepareAsync(Token);
        return store;
    }
}
