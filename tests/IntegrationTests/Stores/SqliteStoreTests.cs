using System.Globalization;
using Ingest.TestSupport;
using Ingest.Writer;
using Ingest.Writer.Sqlite;
using Microsoft.Data.Sqlite;

namespace Ingest.IntegrationTests.Stores;

public sealed class SqliteStoreTests : StoreContract
{
    private readonly string _file = Path.Combine(TestRun.CreateFolder("sqlite"), "test.db");

    [Theory]
    [InlineData("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT CHECK (b <> 'bad'))", "\"bad\"", "")]
    [InlineData("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT NOT NULL)", "null", "b")]
    [InlineData("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT UNIQUE)", "\"row 3\"", "")]
    [InlineData("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT); CREATE TRIGGER f BEFORE INSERT ON t WHEN NEW.b = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END", "\"bad\"", "")]
    [InlineData("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT); CREATE TRIGGER f BEFORE INSERT ON t WHEN NEW.b = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'no'); END", "\"bad\"", "")]
    public async Task A_bad_row_does_not_cost_its_neighbours(string create, string bad, string column)
    {
        Execute(create);
        var pipeline = Parse("pipeline: t\ntable: t\nkey: a\ncolumns:\n  a: integer\n  b: text");
        await using var store = await PrepareAsync(pipeline);
        string[] lines = [.. Enumerable.Range(0, 20).Select(Line), $$"""{"a":20,"b":{{bad}}}""", .. Enumerable.Range(21, 20).Select(Line)];
        var committed = await store.CommitAsync(
            [Rows(pipeline, lines), Rows(pipeline, Line(5), Line(50)), Rows(pipeline, $$"""{"a":20,"b":{{bad}}}""")], Token);

        Assert.Equal([(40L, 0L, 1L), (1L, 1L, 0L), (0L, 0L, 1L)], committed.Select(c => (c.Written, c.Duplicate, c.Rejected)));
        Assert.Equal(["41"], await QueryAsync("SELECT count(*) FROM t"));
        Assert.Equal(
            [$$"""21|constraint_violation|{{(column == "" ? "NULL" : column)}}|{"a":20,"b":{{bad}}}"""],
            await QueryAsync("SELECT line, reason, column_name, CAST(raw AS TEXT) FROM ingest_rejects WHERE line = 21"));
        Assert.Equal(["44|41|1|2"], await QueryAsync("SELECT sum(lines), sum(written), sum(duplicate), sum(rejected) FROM ingest_batches"));
        Assert.Equal(["44|41|1|2"], await QueryAsync("SELECT sum(lines), sum(written), sum(duplicate), sum(rejected) FROM ingest_segments"));
        static string Line(int a) => $$"""{"a":{{a}},"b":"row {{a}}"}""";
    }

    [Fact]
    public async Task A_view_is_refused()
    {
        Execute("CREATE TABLE u (a INTEGER); CREATE VIEW T AS SELECT a FROM u; CREATE TRIGGER g INSTEAD OF INSERT ON T BEGIN INSERT INTO u VALUES (NEW.a); END");
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => PrepareAsync(Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer")));
        Assert.Contains("is a view", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_takes_no_row_stops_the_pipeline_and_rejects_nothing()
    {
        Execute("CREATE TABLE t (a INTEGER CHECK (a < 0))");
        var pipeline = Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        await using var store = await PrepareAsync(pipeline);
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(
            () => store.CommitAsync([Rows(pipeline, [.. Enumerable.Range(0, 500).Select(i => $$"""{"a":{{i}}}""")])], Token));
        Assert.Contains("CHECK", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["0"], await QueryAsync("SELECT count(*) FROM ingest_batches"));
    }

    [Theory]
    [InlineData("BEFORE")]
    [InlineData("AFTER")]
    public async Task What_triggers_write_elsewhere_is_not_counted(string when)
    {
        Execute(
            $"""
            CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT);
            CREATE TABLE log (a INTEGER);
            CREATE TRIGGER f {when} INSERT ON t BEGIN INSERT INTO log VALUES (NEW.a); INSERT INTO log VALUES (NEW.a); END;
            CREATE TRIGGER g BEFORE INSERT ON t WHEN NEW.b = 'dropped' BEGIN INSERT INTO log VALUES (NEW.a); SELECT RAISE(IGNORE); END
            """);
        var pipeline = Parse("pipeline: t\ntable: t\nkey: a\ncolumns:\n  a: integer\n  b: text");
        await using var store = await PrepareAsync(pipeline);
        var committed = await store.CommitAsync(
            [Rows(pipeline, """{"a":1}""", """{"a":1}""", """{"a":2}""", """{"a":3,"b":"dropped"}""", """{"a":2}""")], Token);
        Assert.Equal([(2L, 3L)], committed.Select(c => (c.Written, c.Duplicate)));
        Assert.Equal(["1", "2"], await QueryAsync("SELECT a FROM t ORDER BY a"));
    }

    [Fact]
    public async Task A_commit_waits_for_the_disk_and_for_no_reader()
    {
        await using var store = (SqliteStore)await PrepareAsync(Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer"));
        Assert.Equal(("wal", 2L), (Ask("PRAGMA journal_mode"), Ask("PRAGMA synchronous")));
        object? Ask(string pragma)
        {
            using var command = store.Open().CreateCommand();
            command.CommandText = pragma;
            return command.ExecuteScalar();
        }
    }

    protected override Task<string> OpenAsync() => Task.FromResult(_file);

    protected override Task CloseAsync() => Task.CompletedTask;

    protected override string Table(string schema, string table) => $"{schema}_{table}";

    protected override Task<List<string>> QueryAsync(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount)
                .Select(i => reader.IsDBNull(i) ? "NULL" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))));
        }

        return Task.FromResult(rows);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
