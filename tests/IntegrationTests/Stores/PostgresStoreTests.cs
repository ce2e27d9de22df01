using System.Globalization;
using Ingest.Messaging;
using Ingest.TestSupport;
using Ingest.Writer;
using Ingest.Writer.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
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
    public async Task A_column_keeps_its_type_from_when_it_is_looked_at_until_the_rows_are_written()
    {
        var pipeline = Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        await using var source = NpgsqlDataSource.Create(_server!.ConnectionString);
        await using var store = new PostgresStore(source, "db", pipeline, NullLogger.Instance) { LockTimeout = TimeSpan.FromMinutes(1) };
        await store.PrepareAsync(Token);
        var rows = Rows(pipeline, """{"a":1069547520}""");
        await using var other = await HoldAsync($"INSERT INTO ingest_batches VALUES ('t', '{rows.Id}', 'x', 1, 1, 0, 0, 0, now())");
        var writing = store.CommitAsync([rows], Token);
        await WaitingAsync(1);
        var changing = _server.ExecuteAsync("ALTER TABLE t ALTER COLUMN a TYPE real");
        await WaitingAsync(2);
        await other.CloseAsync();
        await writing;
        await changing;
        Assert.Equal(["1069547520|real"], await QueryAsync("SELECT a::bigint, pg_typeof(a)::text FROM t"));
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

    [Theory]
    [InlineData("numeric(12,2)", "numeric", "5", "1.234", "1.2301", "1.23")]
    [InlineData("timestamp(0) with time zone", "timestamptz", "\"2024-01-01T00:00:00Z\"", "\"2024-01-02T00:00:00.3Z\"", "\"2024-01-02T00:00:00.4Z\"", "2024-01-02 00:00:00+00")]
    public async Task Keys_finer_than_their_column_are_written_and_counted_as_what_they_become(
        string declared, string type, string there, string first, string second, string rounded)
    {
        foreach (var update in new[] { false, true })
        {
            await _server!.ExecuteAsync($"DROP TABLE IF EXISTS t; CREATE TABLE t (z {declared} PRIMARY KEY, b text)");
            var pipeline = Parse($"pipeline: t\ntable: t\nkey: z\non_duplicate: {(update ? "update" : "ignore")}\ncolumns:\n  z: {type}\n  b: text");
            await using var store = await PrepareAsync(pipeline);
            await store.CommitAsync([Rows(pipeline, $$"""{"z":{{there}}}""")], Token);
            var committed = await store.CommitAsync(
                [Rows(pipeline, $$"""{"z":{{there}}}""", $$"""{"z":{{first}},"b":"first"}""", $$"""{"z":{{second}},"b":"second"}""")], Token);
            Assert.Equal([update ? (3L, 0L) : (1L, 2L)], committed.Select(c => (c.Written, c.Duplicate)));
            Assert.Equal(
                [$"{rounded}|{(update ? "second" : "first")}"],
                await QueryAsync($"SELECT {(type == "numeric" ? "z::text" : Text("z"))}, b FROM t WHERE b IS NOT NULL"));
        }
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

    [Theory]
    [InlineData("pipeline: t\ntable: t\ncolumns:\n  a: integer")]
    [InlineData("pipeline: t\ntable: t\nkey: a\ncolumns:\n  a: integer")]
    public async Task Rows_that_take_too_long_together_are_written_in_parts(string yaml)
    {
        await CreateSlowTableAsync();
        await using var source = NpgsqlDataSource.Create(_server!.ConnectionString);
        var pipeline = Parse(yaml);
        await using var store = new PostgresStore(source, "db", pipeline, NullLogger.Instance) { StatementTimeout = TimeSpan.FromSeconds(1) };
        await store.PrepareAsync(Token);
        if (pipeline.Key.Count > 0)
            await store.CommitAsync([Rows(pipeline, """{"a":1}""")], Token);
        var committed = await store.CommitAsync([Rows(pipeline, [.. Enumerable.Range(1, 60).Select(a => $$"""{"a":{{a}}}""")])], Token);
        Assert.Equal([(60L - pipeline.Key.Count, 0L)], committed.Select(c => (c.Written, c.Rejected)));
        Assert.Equal(["60|true"], await QueryAsync("SELECT count(*), (count(DISTINCT xmin::text) > 2)::text FROM t"));
    }

    [Fact]
    public async Task A_row_that_takes_too_long_alone_is_no_reject_and_keeps_nobody_waiting()
    {
        await CreateSlowTableAsync();
        await using var source = NpgsqlDataSource.Create(_server!.ConnectionString);
        var pipeline = Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        await using var store = new PostgresStore(source, "db", pipeline, NullLogger.Instance) { StatementTimeout = TimeSpan.FromSeconds(1) };
        await store.PrepareAsync(Token);
        var rows = Rows(pipeline, [.. Enumerable.Range(-30, 31).Select(a => $$"""{"a":{{a}}}""")]);
        await Assert.ThrowsAsync<StoreAwayException>(() => store.CommitAsync([rows], Token));
        Assert.InRange(await _server!.ScalarAsync<long>("SELECT last_value FROM tries"), 2, 10);
        Assert.Equal(["0|0"], await QueryAsync("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM ingest_rejects)"));
    }

    [Fact]
    public async Task It_is_the_server_that_ends_a_statement_and_not_the_client()
    {
        await CreateSlowTableAsync();
        await using var impatient = Database.Parse(_server!.ConnectionString + ";Command Timeout=1");
        var pipeline = Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        await using var store = impatient.CreateStore(pipeline, TimeProvider.System);
        await store.PrepareAsync(Token);
        var committed = await store.CommitAsync([Rows(pipeline, [.. Enumerable.Range(1, 80).Select(a => $$"""{"a":{{a}}}""")])], Token);
        Assert.Equal([80L], committed.Select(c => c.Written));
        Assert.Equal(["30s"], await QueryAsync("SELECT DISTINCT longest FROM t"));
    }

    [Fact]
    public async Task A_frozen_writer_keeps_its_own_batch_from_the_others_and_is_ended_in_time()
    {
        var pipeline = Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        await using (await PrepareAsync(pipeline))
        {
        }

        var (held, free) = (Rows(pipeline, """{"a":1}"""), Rows(pipeline, """{"a":2}"""));
        var settings = new NpgsqlConnectionStringBuilder(_server!.ConnectionString) { ApplicationName = "ingest writer", Pooling = false };
        await using var frozen = new NpgsqlConnection(settings.ConnectionString);
        await frozen.OpenAsync(Token);
        await using var insert = new NpgsqlCommand(
            $"BEGIN; INSERT INTO ingest_batches VALUES ('t', '{held.Id}', 'x', 1, 1, 0, 0, 0, now())", frozen);
        await insert.ExecuteNonQueryAsync(Token);

        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        await using var patient = new PostgresStore(source, "db", pipeline, NullLogger.Instance) { LockTimeout = TimeSpan.FromMilliseconds(300) };
        Assert.Equal([free.Id], (await patient.CommitAsync([held, free], Token)).Select(c => c.Id));
        await Assert.ThrowsAsync<StoreAwayException>(() => patient.CommitAsync([held], Token));
        Assert.Equal(["2"], await QueryAsync("SELECT a FROM t"));

        await using var strict = new PostgresStore(source, "db", pipeline, NullLogger.Instance)
        {
            LockTimeout = TimeSpan.FromMilliseconds(300),
            StuckAfter = TimeSpan.Zero,
        };

        // The other session is told to end, and ends a little later.
        await Eventually.HoldsAsync(
            async () => !(await strict.CommitAsync([held], Token))[0].Already, TimeSpan.FromSeconds(30), () => "The batch was to be written.");
        Assert.Equal(["1", "2"], await QueryAsync("SELECT a FROM t ORDER BY a"));
    }

    [Fact]
    public async Task A_row_that_needs_one_of_a_transaction_beside_it_is_no_reject()
    {
        await _server!.ExecuteAsync("CREATE TABLE t (a integer PRIMARY KEY, parent integer REFERENCES t)");
        var pipeline = Parse("pipeline: t\ntable: t\nkey: a\ncolumns:\n  a: integer\n  parent: integer");
        await using var store = await PrepareAsync(pipeline);
        await using var other = await HoldAsync("INSERT INTO t VALUES (9)");
        var parents = store.CommitAsync([Rows(pipeline, """{"a":1}""", """{"a":9}""")], Token);
        await WaitingAsync(1);
        var child = Rows(pipeline, """{"a":2,"parent":1}""");
        await Assert.ThrowsAsync<TransactionsCollidedException>(() => store.CommitAsync([child], Token));
        await other.CloseAsync();
        await parents;
        Assert.Equal((1L, 0L), (await store.CommitAsync([child], Token)) is [var alone] ? (alone.Written, alone.Rejected) : default);
    }

    [Fact]
    public async Task Of_two_transactions_in_a_deadlock_one_is_written_and_the_other_may_try_again()
    {
        var pipeline = Parse("pipeline: t\ntable: t\nkey: a\ncolumns:\n  a: integer");
        await using var store = await PrepareAsync(pipeline);
        await using var other = await HoldAsync("INSERT INTO t VALUES (9)");
        RowBatch[] batches = [Rows(pipeline, """{"a":1}""", """{"a":9}""", """{"a":2}"""), Rows(pipeline, """{"a":2}""", """{"a":1}""")];
        var first = store.CommitAsync([batches[0]], Token);
        await WaitingAsync(1);
        var second = store.CommitAsync([batches[1]], Token);
        await WaitingAsync(2);
        await other.CloseAsync();
        var ends = new[] { first, second }.Select(async commit => await Record.ExceptionAsync(() => commit));
        Assert.Single(await Task.WhenAll(ends), end => end is TransactionsCollidedException);
        await store.CommitAsync([first.IsFaulted ? batches[0] : batches[1]], Token);
        Assert.Equal(["1", "2", "9"], await QueryAsync("SELECT a FROM t ORDER BY a"));
        Assert.Equal(["5|3|2"], await QueryAsync("SELECT sum(lines), sum(written), sum(duplicate) FROM ingest_batches"));
    }

    [Theory]
    [InlineData("ALTER TABLE t DROP COLUMN b", "has no column \"b\"")]
    [InlineData("ALTER TABLE t ALTER b TYPE bigint USING 0", "has column \"b\" of type bigint")]
    [InlineData("ALTER TABLE t ADD c text NOT NULL DEFAULT '-'; ALTER TABLE t ALTER c DROP DEFAULT", "has column \"c\", which must not be null")]
    public async Task Rows_of_an_older_definition_that_fit_no_longer_go_aside_alone(string change, string message)
    {
        var old = Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer\n  b: text");
        var (early, unfit, empty) = (Rows(old, """{"a":1,"b":"x"}"""), Rows(old, """{"a":1,"b":"x"}"""), Rows(old, "oops"));
        await using (var before = await PrepareAsync(old))
            await before.CommitAsync([early], Token);
        await _server!.ExecuteAsync(change);

        var pipeline = Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer\n  c: text");
        var fit = Rows(pipeline, """{"a":2,"c":"y"}""");
        await using var store = await PrepareAsync(pipeline);
        RowBatch[] others = [early, fit, empty];
        var refusal = await Assert.ThrowsAsync<BatchesUnfitException>(() => store.CommitAsync([.. others, unfit], Token));
        Assert.Equal([unfit.Id], refusal.Batches);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.Equal([true, false, false], (await store.CommitAsync(others, Token)).Select(c => c.Already));
        Assert.Equal(["2|2|1"], await QueryAsync("SELECT (SELECT count(*) FROM t), sum(written), sum(rejected) FROM ingest_batches"));
    }

    [Fact]
    public async Task Rows_of_a_definition_that_may_be_newer_wait_for_a_writer_that_has_it()
    {
        var (older, newer) = (Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer"), Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer\n  b: text"));
        var (early, empty, late) = (Rows(older, """{"a":1}"""), Rows(newer, "oops"), Rows(newer, """{"a":2,"b":"x"}"""));
        await using (var store = await PrepareAsync(older))
        {
            await store.CommitAsync([empty], Token);
            var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => store.CommitAsync([early, late], Token));
            Assert.Contains($"has no column \"b\": rows wait that are made by definition {newer.Version}, which this writer does not have", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(["1"], await QueryAsync("SELECT count(*) FROM ingest_batches"));
        }

        await using var updated = await PrepareAsync(newer);
        Assert.All(await updated.CommitAsync([early, late], Token), c => Assert.Equal((false, 1L), (c.Already, c.Written)));
        Assert.Equal(["1|NULL", "2|x"], await QueryAsync("SELECT * FROM t ORDER BY a"));
    }

    [Theory]
    [InlineData("CREATE UNLOGGED TABLE p PARTITION OF t FOR VALUES FROM (0) TO (9)", "unlogged partition")]
    [InlineData("CREATE EXTENSION file_fdw; CREATE SERVER f FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE p PARTITION OF t FOR VALUES FROM (0) TO (9) SERVER f OPTIONS (filename '/dev/null')", "foreign partition")]
    public async Task A_partition_that_would_break_the_promise_is_refused(string partition, string message)
    {
        await _server!.ExecuteAsync($"CREATE TABLE t (a integer) PARTITION BY RANGE (a); {partition}");
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => PrepareAsync(Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer")));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
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

    /// <summary>A row takes 20 ms, and one whose number is below zero takes half a second.</summary>
    private Task CreateSlowTableAsync() => _server!.ExecuteAsync(
        """
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM nextval('tries');
            PERFORM pg_sleep(CASE WHEN NEW.a < 0 THEN 1.5 ELSE 0.03 END); RETURN NULL; END $$;
        CREATE SEQUENCE tries;
        CREATE TABLE t (a integer PRIMARY KEY, longest text DEFAULT current_setting('statement_timeout'));
        CREATE TRIGGER slow AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow()
        """);

    /// <summary>A session in the middle of a transaction, which ends with the connection.</summary>
    private async Task<NpgsqlConnection> HoldAsync(string statement)
    {
        var connection = new NpgsqlConnection(_server!.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Token);
        await using var begin = new NpgsqlCommand($"BEGIN; {statement}", connection);
        await begin.ExecuteNonQueryAsync(Token);
        return connection;
    }

    private Task WaitingAsync(int sessions) => Eventually.HoldsAsync(
        async () => await _server!.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == sessions,
        TimeSpan.FromSeconds(30),
        () => $"{sessions} sessions do not wait");
}
