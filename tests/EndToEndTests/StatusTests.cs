using System.Text;
using System.Text.Json.Nodes;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary><c>ingest status</c>: whether every line is accounted for.</summary>
public sealed class StatusTests(SharedServers servers)
{
    private const string Numbers =
        """
        table: numbers
        key: n
        columns:
          n: integer
        """;

    [Fact]
    public async Task A_lost_batch_shows_as_a_gap_with_its_place()
    {
        var folder = TestRun.CreateFolder("status");
        await File.WriteAllTextAsync(Path.Combine(folder, "p.yaml"), "pipeline: p\n" + Numbers, TestContext.Current.CancellationToken);
        var lines = new StringBuilder();
        for (var n = 1; n <= 40_000; n++)
            lines.Append($"{{\"n\":{n}}}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "in.ndjson"), lines.ToString(), TestContext.Current.CancellationToken);
        Assert.Equal(
            (1, "ingest: The database missing.db cannot be used: there is no such file"), await RunAsync(folder, "status", "-p", "p.yaml", "-d", "missing.db"));
        Assert.Equal(0, (await RunAsync(folder, "load", "in.ndjson", "-p", "p.yaml")).Exit);

        var (exit, output) = await RunAsync(folder, "status", "-p", "p.yaml");
        Assert.Equal(0, exit);
        Assert.Contains("p: 40,000 lines = 40,000 written + 0 duplicate + 0 filtered + 0 rejected", output, StringComparison.Ordinal);
        Assert.Contains("1, 1 complete, 0 not ended, 0 with missing lines", output, StringComparison.Ordinal);

        // 16,384 lines are a batch; without the second one its lines are missing.
        using (var database = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(folder, "ingest.db")};Pooling=False"))
        {
            database.Open();
            using var lose = database.CreateCommand();
            lose.CommandText = "DELETE FROM ingest_segments WHERE first_line = 16385";
            Assert.Equal(1, lose.ExecuteNonQuery());
        }

        (exit, output) = await RunAsync(folder, "status", "-p", "p.yaml");
        Assert.Equal(1, exit);
        Assert.Contains("in.ndjson: lines from line 16,385 (byte ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_does_not_show_the_password_of_the_environment()
    {
        await using var command = ServiceProcess.Start(
            "Cli", ["status", "--help"], new Dictionary<string, string?> { ["ConnectionStrings__Database"] = "Host=db;Password=secret" });
        Assert.Equal(0, await command.WaitForExitAsync(PipelineUnderTest.Deadline));
        Assert.Contains(command.Output.Lines, line => line.Contains("ConnectionStrings__Database", StringComparison.Ordinal));
        Assert.DoesNotContain("secret", command.Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queues_and_ledger_of_the_services_are_told_in_one_line_of_json()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers);
        await ncat.SendAsync(pipeline.Port, new MemoryStream("{\"n\":1}\n{\"n\":1}\nx"u8.ToArray()), PipelineUnderTest.Deadline);
        await pipeline.AllLinesAreAccountedForAsync(3);
        await using var command = ServiceProcess.Start("Cli", ["status", "-p", pipeline.DefinitionFolder, "--format", "json"], environment: pipeline.Environment);
        Assert.Equal(0, await command.WaitForExitAsync(PipelineUnderTest.Deadline));
        var status = JsonNode.Parse(Assert.Single(command.Output.Lines))!["pipelines"]![0]!;
        Assert.Equal(
            """{"lines":3,"written":1,"duplicate":1,"filtered":0,"rejected":1,"is_balanced":true}""",
            status["ledger"]!["totals"]!.ToJsonString());
        Assert.Equal("""{"invalid_json":1}""", status["ledger"]!["rejects"]!.ToJsonString());
        Assert.Equal("""{"lines":0,"rows":0,"suspects":0,"dead":0}""", status["queues"]!.ToJsonString());
    }

    private static async Task<(int Exit, string Output)> RunAsync(string folder, params string[] arguments)
    {
        await using var command = ServiceProcess.Start("Cli", arguments, workingDirectory: folder);
        return (await command.WaitForExitAsync(PipelineUnderTest.Deadline), string.Join('\n', [.. command.Output.Lines, .. command.Output.ErrorLines]));
    }
}
