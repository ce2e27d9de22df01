using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary>Loading into PostgreSQL, whose sessions outlast a process that is killed for a moment.</summary>
public sealed class LoadPostgresTests(SharedServers servers)
{
    private const string Definition =
        """
        pipeline: numbers
        table: numbers
        columns:
          n: { type: integer, required: true }
          text: text
        """;

    private readonly string _folder = TestRun.CreateFolder("postgres");

    [Fact]
    public async Task A_load_that_is_killed_and_run_again_ends_with_the_same_table()
    {
        const long lines = 300_000;
        await using var database = await PostgresDatabase.CreateAsync(await servers.PostgresAsync());
        await WriteAsync("numbers.yaml", Definition);
        var text = Numbers(lines);
        var file = Path.Combine(_folder, "in.ndjson");
        await EndlessFile.CreateAsync(file);
        foreach (var share in (double[])[0.1, 0.4])
        {
            await using var killed = Start(database);
            var feeding = EndlessFile.FeedAsync(file, Encoding.UTF8.GetBytes(text[..(int)(text.Length * (share + 0.1))]), TestContext.Current.CancellationToken);
            await Eventually.HoldsAsync(
                async () => killed.HasExited || await CountAsync() >= share * lines, PipelineUnderTest.Deadline, () => killed.Describe("was to write a part"));
            Assert.False(killed.HasExited, killed.Describe("ended before it could be killed"));
            killed.Kill();
            await killed.WaitForExitAsync(PipelineUnderTest.Deadline);
            (await feeding.WaitAsync(PipelineUnderTest.Deadline, TestContext.Current.CancellationToken)).Dispose();

            // Until the server notices, the source is claimed.
            await Eventually.HoldsAsync(
                async () => await database.ScalarAsync<long>(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ingest writer'") == 0,
                PipelineUnderTest.Deadline,
                () => "The sessions of the killed load were to end.");
        }

        File.Delete(file);
        await WriteAsync("in.ndjson", text);
        var before = await CountAsync();
        Assert.Equal((lines, before, lines - before), await LoadAsync(database));
        Assert.Equal((lines, lines), (await CountAsync(), await database.ScalarAsync<long>("SELECT count(DISTINCT n) FROM numbers")));
        Assert.Equal(
            $"{lines}|{lines}|{lines}",
            await database.ScalarAsync<string>("SELECT concat_ws('|', (SELECT lines FROM ingest_sources), sum(lines), sum(written)) FROM ingest_batches"));

        Assert.Equal((lines, lines, 0), await LoadAsync(database));
        Assert.Equal(lines, await CountAsync());

        Task<long> CountAsync() => database.ScalarAsync<long>("SELECT count(*) FROM numbers");
    }

    /// <summary>Lines of the file: all, already in the ledger, written.</summary>
    private async Task<(long Lines, long Already, long Written)> LoadAsync(PostgresDatabase database)
    {
        await using var load = Start(database);
        Assert.Equal(0, await load.WaitForExitAsync(PipelineUnderTest.Deadline));
        var summary = JsonNode.Parse(Assert.Single(load.Output.Lines))!;
        return ((long)summary["lines"]!, (long)summary["already"]!, (long)summary["written"]!);
    }

    private ServiceProcess Start(PostgresDatabase database) => ServiceProcess.Start(
        "Cli", ["load", "in.ndjson", "-p", "numbers.yaml", "-d", database.ConnectionString, "--format", "json"], workingDirectory: _folder);

    private Task WriteAsync(string name, string text) =>
        File.WriteAllTextAsync(Path.Combine(_folder, name), text, TestContext.Current.CancellationToken);

    private static string Numbers(long lines)
    {
        var text = new StringBuilder();
        for (var n = 1L; n <= lines; n++)
            text.Append(CultureInfo.InvariantCulture, $"{{\"n\":{n},\"text\":\"{n * 7919:d60}\"}}\n");
        return text.ToString();
    }
}
