using System.Security.Cryptography;
using Ingest.Messaging;
using Ingest.TestSupport;
using Ingest.Writer;
using Npgsql;

namespace Ingest.IntegrationTests.Stores;

/// <summary>Rows that only PostgreSQL can refuse.</summary>
public sealed class PostgresBadRowTests(SharedServers servers) : IAsyncLifetime
{
    private const string Keyed = "pipeline: t\ntable: t\nkey: a\ncolumns:\n  a: integer\n  b: text";
    private const string Unkeyed = "pipeline: t\ntable: t\ncolumns:\n  a: integer\n  b: text";
    private const string Raise =
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.a = 7 THEN RAISE EXCEPTION 'seven is right out'; END IF;
            RETURN NEW; END $$;
        CREATE TABLE t (a integer PRIMARY KEY, b text);
        CREATE TRIGGER refuse
        """;

    private PostgresDatabase? _server;
    private Database? _database;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string, string, string> Faults => new()
    {
        { "CREATE TABLE t (a integer PRIMARY KEY, b text CHECK (b <> 'bad'))", "bad", "constraint_violation", "23514", "" },
        { "CREATE TABLE t (a integer PRIMARY KEY, b text UNIQUE)", "row 3", "constraint_violation", "23505", "" },
        { "CREATE TABLE t (a integer PRIMARY KEY, b text NOT NULL)", "", "constraint_violation", "23502", "b" },
        { "CREATE TABLE p (b text PRIMARY KEY); INSERT INTO p SELECT 'row ' || i FROM generate_series(0, 10000) i; CREATE TABLE t (a integer PRIMARY KEY, b text REFERENCES p)", "bad", "constraint_violation", "23503", "" },
        { "CREATE TABLE p (b text PRIMARY KEY); INSERT INTO p SELECT 'row ' || i FROM generate_series(0, 10000) i; CREATE TABLE t (a integer PRIMARY KEY, b text REFERENCES p DEFERRABLE INITIALLY DEFERRED)", "bad", "constraint_violation", "23503", "" },
        { "CREATE TABLE t (a integer PRIMARY KEY, b text, EXCLUDE USING hash (b WITH =))", "row 3", "constraint_violation", "23P01", "" },
        { "CREATE TABLE t (a integer PRIMARY KEY, b text, c integer GENERATED ALWAYS AS (CASE WHEN b = 'bad' THEN 1 / (length(b) - 3) END) STORED)", "bad", "invalid_value", "22012", "" },
        { "CREATE TABLE t (a integer PRIMARY KEY, b text); CREATE INDEX ON t (b)", "huge", "constraint_violation", "54000", "" },
        { "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.b = 'bad' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$; CREATE TABLE t (a integer PRIMARY KEY, b text); CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "bad", "constraint_violation", "P0001", "" },
        { "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.b = 'bad' THEN RAISE EXCEPTION 'no'; END IF; RETURN NULL; END $$; CREATE TABLE t (a integer PRIMARY KEY, b text); CREATE TRIGGER f AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "bad", "constraint_violation", "P0001", "" },
        { "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.b = 'bad' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'XX000'; END IF; RETURN NULL; END $$; CREATE TABLE t (a integer PRIMARY KEY, b text); CREATE CONSTRAINT TRIGGER f AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()", "bad", "constraint_violation", "XX000", "" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_bad_row_does_not_cost_its_neighbours(string create, string bad, string reason, string sqlState, string column)
    {
        await _server!.ExecuteAsync(create);
        foreach (var yaml in new[] { Keyed, Unkeyed })
        {
            await _server.ExecuteAsync("TRUNCATE t");
            var pipeline = StoreContract.Parse(yaml);
            await using var store = await PrepareAsync(yaml);

            // Incompressible, so that it does not fit an index page.
            var value = bad == "huge" ? Convert.ToHexString(SHA512.HashData([1])) + string.Concat(Enumerable.Range(0, 90).Select(i => Convert.ToHexString(SHA512.HashData([(byte)i])))) : bad;
            var before = Enumerable.Range(0, 40).Select(Line).ToArray();
            var after = Enumerable.Range(41, 50).Select(Line).ToArray();
            var poisoned = StoreContract.Rows(pipeline, [.. before, bad == "" ? """{"a":40}""" : $$"""{"a":40,"b":"{{value}}"}""", .. after]);
            var clean = StoreContract.Rows(pipeline, [.. Enumerable.Range(100, 60).Select(Line)]);
            var committed = await store.CommitAsync([clean, poisoned], Token);

            Assert.Equal((60L, 0L, 0L), (committed[0].Written, committed[0].Duplicate, committed[0].Rejected));
            Assert.Equal((91L, 90L, 0L, 0L, 1L), (committed[1].Lines, committed[1].Written, committed[1].Duplicate, committed[1].Filtered, committed[1].Rejected));
            Assert.Equal("150", await TextAsync("SELECT count(*) FROM t WHERE a <> 40"));
            Assert.Equal("150", await TextAsync("SELECT count(*) FROM t"));
            Assert.Equal($"41|{reason}|{sqlState}|{column}", await TextAsync(
                $"SELECT line || '|' || reason || '|' || sqlstate || '|' || coalesce(column_name, '') FROM ingest_rejects WHERE batch_id = '{poisoned.Id}'"));
            Assert.Equal("true", await TextAsync(
                $"SELECT length(detail) > 0 AND convert_from(raw, 'UTF8')::json ->> 'a' = '40' AND raw_length = length(raw) FROM ingest_rejects WHERE batch_id = '{poisoned.Id}'"));
            await AssertBalancedAsync();
        }
    }

    [Theory]
    [InlineData("BEFORE INSERT ON t FOR EACH ROW")]
    [InlineData("AFTER INSERT ON t FOR EACH ROW")]
    public async Task A_bad_row_that_comes_alone_is_a_reject_too(string when)
    {
        await _server!.ExecuteAsync($"{Raise} {when} EXECUTE FUNCTION refuse()");
        await using var store = await PrepareAsync(Keyed);
        var committed = await store.CommitAsync([StoreContract.Rows(StoreContract.Parse(Keyed), """{"a":7,"b":"x"}""")], Token);
        Assert.Equal((1L, 0L, 1L), (committed[0].Lines, committed[0].Written, committed[0].Rejected));
        Assert.Equal("P0001|seven is right out|{\"a\":7,\"b\":\"x\"}", await TextAsync("SELECT sqlstate || '|' || detail || '|' || convert_from(raw, 'UTF8') FROM ingest_rejects"));
        await AssertBalancedAsync();
    }

    [Theory]
    [InlineData("ALTER TABLE t ADD CONSTRAINT no CHECK (a < 0) NOT VALID", 500, "23514")]
    [InlineData("REVOKE INSERT ON t FROM CURRENT_USER; ALTER TABLE t ADD c integer NOT NULL", 1, "\"c\"")]
    [InlineData("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'closed'; END $$; CREATE TRIGGER f BEFORE INSERT ON t EXECUTE FUNCTION f()", 1, "closed")]
    [InlineData("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM * FROM gone; RETURN NEW; END $$; CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", 1, "gone")]
    public async Task A_table_that_takes_no_row_stops_the_pipeline_and_rejects_nothing(string change, int rows, string message)
    {
        await using var store = await PrepareAsync(Unkeyed);
        await _server!.ExecuteAsync(change);
        var batch = StoreContract.Rows(StoreContract.Parse(Unkeyed), [.. Enumerable.Range(0, rows).Select(Line)]);
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => store.CommitAsync([batch], Token));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.Equal("0", await TextAsync("SELECT count(*) FROM ingest_batches"));
        Assert.Equal("0", await TextAsync("SELECT count(*) FROM ingest_rejects"));
    }

    [Fact]
    public async Task Rows_that_a_trigger_drops_count_as_duplicates()
    {
        await _server!.ExecuteAsync(
            """
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.a % 10 = 3 THEN RETURN NULL; END IF; RETURN NEW; END $$;
            CREATE TABLE t (a integer PRIMARY KEY, b text);
            CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()
            """);
        foreach (var yaml in new[] { Keyed, Unkeyed, Keyed + "\non_duplicate: update" })
        {
            await _server.ExecuteAsync("TRUNCATE t");
            await using var store = await PrepareAsync(yaml);
            var pipeline = StoreContract.Parse(yaml);
            var first = StoreContract.Rows(pipeline, [.. Enumerable.Range(0, 40).Select(Line)]);
            var second = StoreContract.Rows(pipeline, [.. Enumerable.Range(40, 25).Select(Line)]);
            var committed = await store.CommitAsync([first, second], Token);
            Assert.Equal([(36L, 4L), (22L, 3L)], committed.Select(c => (c.Written, c.Duplicate)));
            Assert.Equal("58", await TextAsync("SELECT count(*) FROM t"));
            await AssertBalancedAsync();
        }
    }

    [Fact]
    public async Task Many_bad_rows_are_all_found()
    {
        await _server!.ExecuteAsync("CREATE TABLE t (a integer PRIMARY KEY CHECK (a % 10 <> 3), b text)");
        await using var store = await PrepareAsync(Keyed);
        var pipeline = StoreContract.Parse(Keyed);
        var committed = await store.CommitAsync(
            [.. Enumerable.Range(0, 5).Select(b => StoreContract.Rows(pipeline, [.. Enumerable.Range(b * 200, 200).Select(Line)]))], Token);
        Assert.All(committed, batch => Assert.Equal((180L, 20L), (batch.Written, batch.Rejected)));
        Assert.Equal("true", await TextAsync("SELECT bool_and((convert_from(raw, 'UTF8')::json ->> 'a')::int % 200 + 1 = line AND line % 10 = 4) FROM ingest_rejects"));
        await AssertBalancedAsync();
    }

    [Fact]
    public async Task A_first_batch_of_bad_rows_does_not_stop_the_good_ones_behind_it()
    {
        await _server!.ExecuteAsync("CREATE TABLE t (a integer CHECK (a >= 500), b text)");
        await using var store = await PrepareAsync(Unkeyed);
        var pipeline = StoreContract.Parse(Unkeyed);
        var committed = await store.CommitAsync(
            [.. Enumerable.Range(0, 3).Select(b => StoreContract.Rows(pipeline, [.. Enumerable.Range(b * 300, 300).Select(Line)]))], Token);
        Assert.Equal([(0L, 300L), (100L, 200L), (300L, 0L)], committed.Select(c => (c.Written, c.Rejected)));
        await AssertBalancedAsync();
    }

    [Fact]
    public async Task A_row_whose_parent_comes_later_in_the_batch_is_not_rejected_for_a_neighbours_fault()
    {
        await _server!.ExecuteAsync("CREATE TABLE t (a integer PRIMARY KEY, b text CHECK (b <> 'bad'), parent integer REFERENCES t)");
        const string yaml = Keyed + "\n  parent: integer";
        await using var store = await PrepareAsync(yaml);
        var lines = Enumerable.Range(0, 100).Select(i => $$"""{"a":{{i}},"b":"x","parent":{{Math.Min(i + 30, 99)}}}""").ToArray();
        lines[50] = """{"a":50,"b":"bad"}""";
        lines[10] = """{"a":10,"parent":99,"b":"bad"}""";
        lines[99] = """{"a":99}""";
        lines[98] = """{"a":98,"parent":4711}""";
        var committed = await store.CommitAsync([StoreContract.Rows(StoreContract.Parse(yaml), lines)], Token);

        // 20 waits for 50, and 8, 38 and 68 for 98, which are bad themselves.
        Assert.Equal("8 10 20 38 50 68 98", await TextAsync("SELECT string_agg((line - 1)::text, ' ' ORDER BY line) FROM ingest_rejects"));
        Assert.Equal((93L, 7L), (committed[0].Written, committed[0].Rejected));
    }

    [Fact]
    public async Task A_policy_refuses_a_row_and_not_its_neighbours()
    {
        await _server!.ExecuteAsync(
            """
            CREATE ROLE careful LOGIN PASSWORD 'secret';
            CREATE TABLE t (a integer PRIMARY KEY, b text);
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            CREATE POLICY all_rows ON t FOR SELECT USING (true);
            CREATE POLICY no_bad ON t FOR INSERT WITH CHECK (b <> 'bad');
            GRANT ALL ON t TO careful; GRANT ALL ON SCHEMA public TO careful
            """);
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Username = "careful", Password = "secret", Pooling = false };
            await using var database = Database.Parse(settings.ConnectionString);
            var pipeline = StoreContract.Parse(Keyed);
            await using var store = database.CreateStore(pipeline, TimeProvider.System);
            await store.PrepareAsync(Token);
            var committed = await store.CommitAsync([StoreContract.Rows(pipeline, Line(1), """{"a":2,"b":"bad"}""", Line(3))], Token);
            Assert.Equal((2L, 1L), (committed[0].Written, committed[0].Rejected));
            Assert.Equal("42501", await TextAsync("SELECT sqlstate FROM ingest_rejects"));
        }
        finally
        {
            await _server.ExecuteAsync("DROP OWNED BY careful; DROP ROLE careful");
        }
    }

    [Fact]
    public async Task A_malformed_field_is_one_reject()
    {
        await using var store = await PrepareAsync(Unkeyed);
        var pipeline = StoreContract.Parse(Unkeyed);
        var rows = StoreContract.Rows(pipeline, [.. Enumerable.Range(0, 20).Select(Line)]);
        var tuples = rows.Tuples.ToArray();

        // The second row's integer is said to have three bytes.
        var second = 2 + 4 + 4 + 4 + "row 0".Length;
        byte[] broken = [.. tuples[..second], 0, 2, 0, 0, 0, 3, .. tuples[(second + 7)..]];
        var batch = new RowBatch
        {
            Id = rows.Id,
            Pipeline = rows.Pipeline,
            Definition = rows.Definition,
            Columns = rows.Columns,
            Segments = rows.Segments,
            RowLines = rows.RowLines,
            Tuples = broken,
        };
        var committed = await store.CommitAsync([batch], Token);
        Assert.Equal((19L, 1L), (committed[0].Written, committed[0].Rejected));
        Assert.Equal("2|08P01", await TextAsync("SELECT line || '|' || sqlstate FROM ingest_rejects"));
    }

    [Fact]
    public async Task A_duplicate_in_a_batch_costs_no_other_row_and_merges_end_when_duplicates_do()
    {
        await using var store = await PrepareAsync(Keyed);
        var pipeline = StoreContract.Parse(Keyed);
        await store.CommitAsync([StoreContract.Rows(pipeline, Line(5))], Token);
        var committed = await store.CommitAsync([StoreContract.Rows(pipeline, [.. Enumerable.Range(0, 100).Select(Line)])], Token);
        Assert.Equal((99L, 1L, 0L), (committed[0].Written, committed[0].Duplicate, committed[0].Rejected));
        for (var i = 0; i < 20; i++)
        {
            var next = await store.CommitAsync([StoreContract.Rows(pipeline, Line(1000 + i))], Token);
            Assert.Equal(1, next[0].Written);
        }

        Assert.Equal("120", await TextAsync("SELECT count(*) FROM t"));
        await AssertBalancedAsync();
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

    private static string Line(int a) => $$"""{"a":{{a}},"b":"row {{a}}"}""";

    private Task<string?> TextAsync(string sql) => _server!.ScalarAsync<string>($"SELECT ({sql})::text");

    private async Task<IRowStore> PrepareAsync(string yaml)
    {
        var store = _database!.CreateStore(StoreContract.Parse(yaml), TimeProvider.System);
        await store.PrepareAsync(Token);
        return store;
    }

    private async Task AssertBalancedAsync()
    {
        Assert.Equal("true", await TextAsync("SELECT bool_and(lines = written + duplicate + filtered + rejected) FROM ingest_batches"));
        Assert.Equal("true", await TextAsync("SELECT bool_and(lines = written + duplicate + filtered + rejected) FROM ingest_segments"));
        Assert.Equal("true", await TextAsync("SELECT (SELECT sum(rejected) FROM ingest_batches) = (SELECT count(*) FROM ingest_rejects)"));
        Assert.Equal("true", await TextAsync("SELECT (SELECT (sum(written), sum(duplicate), sum(rejected)) FROM ingest_batches) = (SELECT (sum(written), sum(duplicate), sum(rejected)) FROM ingest_segments)"));
    }
}
