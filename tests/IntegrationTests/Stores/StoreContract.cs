using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.Processor;
using Ingest.Writer;

namespace Ingest.IntegrationTests.Stores;

/// <summary>What every store promises; run against each of them.</summary>
public abstract class StoreContract : IAsyncLifetime
{
    private const string People =
        """
        pipeline: people
        where: age != 0
        table: crowd.people
        key: id
        columns:
          id: integer
          name: { type: text, required: true }
          age: smallint
        """;

    private Database? _database;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private Database Store => _database!;

    [Fact]
    public async Task Rows_ledger_and_rejects_are_written_together()
    {
        var pipeline = Parse(People);
        var batch = Rows(pipeline, """{"id":1,"name":"Ada","age":36}""", """{"id":2,"name":"Bob","age":0}""", "oops", """{"id":3,"name":"Cy"}""");
        await using var store = await PrepareAsync(pipeline);
        var committed = Assert.Single(await store.CommitAsync([batch], Token));

        Assert.Equal((false, 4L, 1L, 0L, 2L, 1L), (committed.Already, committed.Lines, committed.Written, committed.Duplicate, committed.Filtered, committed.Rejected));
        Assert.Equal(["1|Ada|36"], await QueryAsync($"SELECT * FROM {Table("crowd", "people")}"));
        Assert.Equal([$"people|{batch.Id}|{pipeline.Version}|4|1|0|2|1"], await QueryAsync(
            "SELECT pipeline, batch_id, definition, lines, written, duplicate, filtered, rejected FROM ingest_batches"));
        Assert.Equal(["1|5|0|100|4|1|0|2|1"], await QueryAsync(
            "SELECT first_line, next_line, byte_offset, byte_length, lines, written, duplicate, filtered, rejected FROM ingest_segments"));
        Assert.Equal(["test|3|invalid_json|4"], await QueryAsync("SELECT source, line, reason, raw_length FROM ingest_rejects"));
        Assert.Equal(["test|4|4|100"], await QueryAsync("SELECT source, lines, last_line, bytes FROM ingest_sources"));
    }

    [Fact]
    public async Task A_batch_that_is_delivered_again_changes_nothing()
    {
        var pipeline = Parse(People.Replace("key: id", "", StringComparison.Ordinal));
        var batch = Rows(pipeline, """{"id":1,"name":"Ada","age":36}""", "oops");
        await using var store = await PrepareAsync(pipeline);
        await store.CommitAsync([batch], Token);
        var other = Rows(pipeline, """{"id":1,"name":"Ada","age":36}""");
        var committed = await store.CommitAsync([batch, other], Token);

        Assert.Equal([true, false], committed.Select(c => c.Already));
        Assert.Equal(2, committed[0].Lines);
        Assert.Equal(["2"], await QueryAsync($"SELECT count(*) FROM {Table("crowd", "people")}"));
        Assert.Equal(["2"], await QueryAsync("SELECT count(*) FROM ingest_batches"));
        Assert.Equal(["1"], await QueryAsync("SELECT count(*) FROM ingest_rejects"));
        Assert.Equal(["2"], await QueryAsync("SELECT count(*) FROM ingest_segments"));
    }

    [Fact]
    public async Task Keys_that_are_there_already_are_duplicates_in_the_table_and_within_a_transaction()
    {
        var pipeline = Parse(People);
        await using var store = await PrepareAsync(pipeline);
        await store.CommitAsync([Rows(pipeline, """{"id":1,"name":"Ada","age":36}""")], Token);
        var first = Rows(pipeline, """{"id":1,"name":"again","age":1}""", """{"id":2,"name":"Bob","age":1}""", """{"id":2,"name":"again","age":1}""");
        var empty = Rows(pipeline, "oops");
        var second = Rows(pipeline, """{"id":3,"name":"Cy","age":1}""", """{"id":2,"name":"again","age":1}""");
        var committed = await store.CommitAsync([first, empty, second], Token);

        Assert.Equal([(1L, 2L), (0L, 0L), (1L, 1L)], committed.Select(c => (c.Written, c.Duplicate)));
        Assert.Equal(["1|Ada", "2|Bob", "3|Cy"], await QueryAsync($"SELECT id, name FROM {Table("crowd", "people")} ORDER BY id"));
        Assert.Equal(["7|3|3|0|1"], await QueryAsync("SELECT sum(lines), sum(written), sum(duplicate), sum(filtered), sum(rejected) FROM ingest_batches"));
        Assert.Equal(["7|3|3|0|1"], await QueryAsync("SELECT sum(lines), sum(written), sum(duplicate), sum(filtered), sum(rejected) FROM ingest_segments"));
    }

    [Fact]
    public async Task With_update_the_last_line_of_a_key_counts()
    {
        var pipeline = Parse(People.Replace("key: id", "key: id\non_duplicate: update", StringComparison.Ordinal));
        await using var store = await PrepareAsync(pipeline);
        await store.CommitAsync([Rows(pipeline, """{"id":1,"name":"old","age":36}""")], Token);
        await store.CommitAsync([Rows(pipeline, """{"id":1,"name":"newer","age":1}""", """{"id":2,"name":"first","age":1}""", """{"id":2,"name":"last","age":1}""", """{"id":1,"name":"newest","age":2}""")], Token);

        Assert.Equal(["1|newest|2", "2|last|1"], await QueryAsync($"SELECT * FROM {Table("crowd", "people")} ORDER BY id"));
        Assert.Equal(["5|0"], await QueryAsync("SELECT sum(written), sum(duplicate) FROM ingest_batches"));
    }

    [Fact]
    public async Task The_ledger_knows_where_the_written_segments_of_a_source_end()
    {
        var pipeline = Parse(People);
        await using var store = await PrepareAsync(pipeline);
        var batch = Rows(pipeline, """{"id":1,"name":"Ada","age":36}""");
        await store.CommitAsync([batch], Token);
        var end = new SourcePlace(batch.Segments[0].SourceId, batch.Segments[0].ByteOffset + batch.Segments[0].ByteLength);
        Assert.Equal([end], await store.FindEndsAsync([end with { Offset = end.Offset - 1 }, end, end with { Offset = end.Offset + 1 }, end with { SourceId = Guid.NewGuid() }], Token));
        Assert.Empty(await store.FindEndsAsync([], Token));
    }

    [Fact]
    public async Task The_newest_end_of_a_source_stays_in_whatever_order_ends_come()
    {
        var pipeline = Parse(People);
        await using var store = await PrepareAsync(pipeline);
        var (grown, shrunk) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await store.CommitAsync([End(grown, 10, 1), End(grown, 20, 2), End(shrunk, 40, 4), End(shrunk, 30, 3)], Token);
        await CheckAsync("20", "40");
        await store.CommitAsync([End(grown, 10, 1), End(shrunk, 30, 3)], Token);
        await CheckAsync("20", "40");
        await store.CommitAsync([End(grown, 21, 2), End(shrunk, 5, 5)], Token);
        await CheckAsync("21", "5");

        async Task CheckAsync(params string[] lines)
        {
            Assert.Equal(lines, await QueryAsync($"SELECT lines FROM ingest_sources ORDER BY source_id = '{shrunk}'"));
            Assert.Equal(lines, await QueryAsync($"SELECT last_line FROM ingest_sources ORDER BY source_id = '{shrunk}'"));
            Assert.Equal(lines, await QueryAsync($"SELECT bytes FROM ingest_sources ORDER BY source_id = '{shrunk}'"));
        }

        RowBatch End(Guid source, int lines, int second) => new()
        {
            Id = Guid.CreateVersion7(),
            Pipeline = pipeline.Name,
            Definition = pipeline.Version,
            Columns = [new RowColumn("id", ColumnType.Integer)],
            Segments = [],
            RowLines = [],
            Tuples = default,
            Ends = [new SourceEnd(source, "test", lines, lines, lines, DateTimeOffset.UnixEpoch.AddSeconds(second))],
        };
    }

    [Fact]
    public async Task A_ledger_of_an_earlier_release_gets_the_indexes_that_it_lacks()
    {
        await using (await PrepareAsync(Parse(People)))
        {
            await QueryAsync("DROP INDEX ingest_segments_batch");
            await QueryAsync("DROP INDEX ingest_segments_place");
        }

        await using (await PrepareAsync(Parse(People)))
        {
            await QueryAsync("DROP INDEX ingest_segments_batch");
            await QueryAsync("DROP INDEX ingest_segments_place");
        }
    }

    [Fact]
    public async Task Every_type_is_stored_as_PostgreSQL_spells_it()
    {
        var pipeline = Parse(
            """
            pipeline: types
            table: types
            columns:
              t: text
              s: smallint
              i: integer
              b: bigint
              r: real
              d: double precision
              n: numeric
              o: boolean
              a: date
              z: timestamptz
              u: uuid
              j: jsonb
            """);
        await using var store = await PrepareAsync(pipeline);
        var values = """{"t":"naïve 🎉","s":-7,"i":2147483647,"b":-9223372036854775808,"r":0.5,"d":1.25e100,"n":123456789012345678901234567890.0100,"o":true,"a":"2024-02-29","z":"2018-10-01T02:00:00.25+02:00","u":"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11","j":{"a": [1, null]}}""";
        await store.CommitAsync([Rows(pipeline, values, """{"t":""}""")], Token);
        Assert.Equal(
            [
                """naïve 🎉|-7|2147483647|-9223372036854775808|0.5|1.25E+100|123456789012345678901234567890.0100|1|2024-02-29|2018-10-01 00:00:00.25+00|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|{"a": [1, null]}""",
                "|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL",
            ],
            await QueryAsync($"SELECT t, s, i, b, r, d, {Text("n")}, {Number("o")}, {Text("a")}, {Text("z")}, {Text("u")}, {Text("j")} FROM types ORDER BY t DESC"));
    }

    [Fact]
    public async Task New_nullable_columns_are_added_and_other_differences_are_refused()
    {
        await using (var store = await PrepareAsync(Parse(People)))
        {
        }

        var wider = Parse(People + "\n  city: text");
        await using (var store = await PrepareAsync(wider))
        {
            await store.CommitAsync([Rows(wider, """{"id":1,"name":"Ada","age":36,"city":"London"}""")], Token);
            Assert.Equal(["1|London"], await QueryAsync($"SELECT id, city FROM {Table("crowd", "people")}"));
        }

        var required = await Assert.ThrowsAsync<StoreRefusedException>(() => PrepareAsync(Parse(People + "\n  zip: { type: text, required: true }")));
        Assert.Contains("zip", required.Message, StringComparison.Ordinal);
        var type = await Assert.ThrowsAsync<StoreRefusedException>(() => PrepareAsync(Parse(People.Replace("age: smallint", "age: text", StringComparison.Ordinal))));
        Assert.Contains("\"age\"", type.Message, StringComparison.Ordinal);
        var key = await Assert.ThrowsAsync<StoreRefusedException>(() => PrepareAsync(Parse(People.Replace("key: id", "key: [id, age]", StringComparison.Ordinal))));
        Assert.Contains("(id, age)", key.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ledger_says_what_became_of_a_batch_and_where_a_source_lies()
    {
        var pipeline = Parse(People);
        var first = Rows(pipeline, """{"id":1,"name":"Ada","age":36}""", "oops", """{"id":1,"name":"Ada","age":0}""");
        var second = Rows(pipeline, """{"id":1,"name":"again","age":1}""");
        await using var store = await PrepareAsync(pipeline);
        Assert.Empty(await store.FindAsync([first.Id], Token));
        var committed = await store.CommitAsync([first, second], Token);
        var found = await store.FindAsync([second.Id, Guid.NewGuid(), first.Id], Token);

        Assert.Equal(2, found.Count);
        foreach (var batch in committed)
        {
            var same = Assert.Single(found, b => b.Id == batch.Id);
            Assert.True(same.Already);
            Assert.Equal(batch.Segments, same.Segments);
            Assert.Equal(
                (batch.Lines, batch.Written, batch.Duplicate, batch.Filtered, batch.Rejected),
                (same.Lines, same.Written, same.Duplicate, same.Filtered, same.Rejected));
        }

        var source = first.Segments[0].SourceId;
        Assert.Equal(
            [new LedgerSegment(first.Id, 1, 4, 0, 100, new SegmentCounts(source, 3, 1, 0, 1, 1))],
            await store.ReadSourceAsync(source, Token));
    }

    [Fact]
    public async Task Names_with_quotes_and_spaces_are_names()
    {
        var pipeline = Parse(
            """
            pipeline: odd
            table: 'my "odd" table; drop'
            key: 'the "id"'
            columns:
              'the "id"': { from: id, type: integer }
              'select': { from: v, type: text }
            """);
        await using var store = await PrepareAsync(pipeline);
        await store.CommitAsync([Rows(pipeline, """{"id":1,"v":"x"}"""), Rows(pipeline, """{"id":1,"v":"y"}""")], Token);
        Assert.Equal(["1|x"], await QueryAsync("""SELECT * FROM "my ""odd"" table; drop" """));
    }

    public async ValueTask InitializeAsync() => _database = Database.Parse(await OpenAsync());

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>An empty database's connection string.</summary>
    protected abstract Task<string> OpenAsync();

    protected abstract Task CloseAsync();

    /// <summary>Rows with their values joined by |, NULL spelt out.</summary>
    protected abstract Task<List<string>> QueryAsync(string sql);

    protected abstract string Table(string schema, string table);

    protected virtual string Text(string column) => column;

    protected virtual string Number(string column) => column;

    private protected async Task<IRowStore> PrepareAsync(PipelineDefinition pipeline)
    {
        var store = Store.CreateStore(pipeline, TimeProvider.System);
        await store.PrepareAsync(Token);
        return store;
    }

    internal static PipelineDefinition Parse(string yaml)
    {
        var loaded = DefinitionLoader.Parse("test.yaml", yaml);
        Assert.Empty(loaded.Errors);
        return loaded.Definition!;
    }

    /// <summary>What a processor makes of the lines of a source that ends with them.</summary>
    internal static RowBatch Rows(PipelineDefinition pipeline, params string[] lines)
    {
        var payload = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        var source = Guid.CreateVersion7();
        return new BatchProcessor(new CompiledPipeline(pipeline)).Process(new LineBatch
        {
            Id = Guid.CreateVersion7(),
            Pipeline = pipeline.Name,
            Definition = pipeline.Version,
            Lines = payload,
            Segments =
            [
                new Segment
                {
                    SourceId = source,
                    Source = "test",
                    FirstLine = 1,
                    NextLine = lines.Length + 1,
                    ByteOffset = 0,
                    ByteLength = 100,
                    Lines = lines.Length,
                    PayloadLength = payload.Length,
                },
            ],
            Ends = [new SourceEnd(source, "test", lines.Length, lines.Length, 100, DateTimeOffset.UnixEpoch)],
        });
    }
}
