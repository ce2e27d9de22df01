using Ingest.Messaging;
using Ingest.Messaging.InMemory;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.TestSupport;
using Ingest.Writer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Ingest.IntegrationTests.Stores;

/// <summary>The writer as it runs, with a database that goes and comes back.</summary>
public sealed class WriterOutageTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_that_stops_for_a_while_costs_no_row_and_makes_no_reject()
    {
        await using var server = await SharedServers.OrSkipAsync(PostgresServer.StartOwnAsync);
        await using var database = Database.Parse(server.ConnectionString);
        var pipeline = StoreContract.Parse("pipeline: t\ntable: t\ncolumns:\n  a: integer");
        var queues = new InMemoryQueues();
        var health = new StageHealth();
        var written = new Written();
        using var worker = new WriterWorker(
            new PipelineCatalog([pipeline]),
            queues,
            new Stores(database),
            [written],
            health,
            new Isolation(),
            Options.Create(new WriterOptions { MaxTransactionRows = 100 }),
            TimeProvider.System,
            new Random(1),
            NullLogger<WriterWorker>.Instance);
        await worker.StartAsync(Token);
        await using var sender = queues.CreateSender<RowBatch>("t");

        var sending = Send(0, 20).ToList();
        await Eventually.HoldsAsync(() => written.Rows > 0, Deadline, () => "nothing written");
        await server.KillAsync();
        sending.AddRange(Send(20, 20));
        await Eventually.HoldsAsync(() => health.Problems.Count == 1, Deadline, () => "no problem");
        Assert.False(health.Problems.Single().NeedsHelp);
        await server.RestartAsync();
        await Task.WhenAll(sending).WaitAsync(Deadline, Token);
        Assert.Empty(health.Problems);
        await worker.StopAsync(Token);

        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using var count = source.CreateCommand(
            "SELECT concat_ws('|', (SELECT count(*) FROM t), (SELECT count(DISTINCT a) FROM t), (SELECT sum(written) FROM ingest_batches), (SELECT count(*) FROM ingest_rejects))");
        Assert.Equal("2000|2000|2000|0", await count.ExecuteScalarAsync(Token));

        IEnumerable<Task> Send(int first, int batches) => Enumerable.Range(first, batches).Select(b => sender.SendAsync(
            StoreContract.Rows(pipeline, [.. Enumerable.Range(b * 50, 50).Select(a => $$"""{"a":{{a}}}""")]), Token));
    }

    [Fact]
    public async Task One_bad_row_among_five_thousand_costs_exactly_one_row()
    {
        await using var server = await SharedServers.OrSkipAsync(PostgresServer.StartOwnAsync);
        await using var database = Database.Parse(server.ConnectionString);
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using (var create = source.CreateCommand("CREATE TABLE t (a integer PRIMARY KEY CHECK (a <> 3210))"))
            await create.ExecuteNonQueryAsync(Token);
        var pipeline = StoreContract.Parse("pipeline: t\ntable: t\nkey: a\ncolumns:\n  a: integer");
        await using var store = database.CreateStore(pipeline, TimeProvider.System);
        await store.PrepareAsync(Token);
        var lines = Enumerable.Range(0, 5000).Select(a => $$"""{"a":{{a}}}""").ToArray();
        var committed = await store.CommitAsync([StoreContract.Rows(pipeline, lines)], Token);
        Assert.Equal((4999L, 0L, 1L), (committed[0].Written, committed[0].Duplicate, committed[0].Rejected));
        await using var reject = source.CreateCommand("SELECT line || ' ' || sqlstate FROM ingest_rejects");
        Assert.Equal("3211 23514", await reject.ExecuteScalarAsync(Token));
    }

    private sealed class Stores(Database database) : IRowStores
    {
        public IRowStore Create(PipelineDefinition pipeline) => database.CreateStore(pipeline, TimeProvider.System);
    }

    private sealed class Written : ICommitListener
    {
        private long _rows;

        public long Rows => Interlocked.Read(ref _rows);

        public void Committed(string pipeline, CommittedBatch batch) => Interlocked.Add(ref _rows, batch.Written);
    }
}
