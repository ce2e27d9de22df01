using System.Globalization;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>
/// A database that is away in the middle of a stream until nothing has been taken of it for five seconds;
/// <c>INGEST_OUTAGE_SECONDS</c> says otherwise.
/// </summary>
[Collection(Alone.Name)]
public sealed class OutageTests(SharedServers servers, ITestOutputHelper output)
{
    private const string Everything =
        """
        table: comments
        key: id
        columns:
          id: text
          author: text
          subreddit: text
          body: text
          score: integer
          created_at: { from: created_utc, type: timestamptz, unit: seconds, required: true }
        """;

    private const long MostBytes = 300 * 1024 * 1024;

    /// <summary>Small queues, so that the senders feel it even in a short run.</summary>
    private const string SmallQueues = """{"max-length-bytes":2097152}""";

    [Fact]
    public async Task A_database_that_is_away_blocks_the_sender_and_costs_no_row_no_reject_and_no_memory()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        var stretch = TimeSpan.FromSeconds(Number("INGEST_OUTAGE_SECONDS", 5));
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        await using var postgres = await SharedServers.OrSkipAsync(PostgresServer.StartOwnAsync);
        await broker.ControlAsync("set_policy", "small", "^ingest\\.", SmallQueues, "--apply-to", "queues");
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, postgres, Everything, broker);

        await using var input = new OngoingInput(seed: 1);
        var sending = ncat.SendAsync(pipeline.Port, input, TimeSpan.FromMinutes(10));
        await Eventually.HoldsAsync(
            async () => input.Lines > 60_000 && await pipeline.LinesAsync() > 0, PipelineUnderTest.Deadline, () => "The stream was to be under way.");
        await postgres.StopAsync();
        await input.StallsAsync(stretch);
        Assert.False(sending.IsCompleted);
        var blockedAt = input.Lines;
        await postgres.RestartAsync();
        await Eventually.HoldsAsync(
            () => input.Lines > blockedAt + 60_000, PipelineUnderTest.Deadline, () => $"The sender was to go on, blocked after {blockedAt} lines.");
        input.End();

        var sent = await sending;
        var lines = input.Lines;
        Assert.Equal(0, sent.ExitCode);
        Assert.Contains("\"state\":\"queued\"", sent.Output, StringComparison.Ordinal);
        await pipeline.AllLinesAreAccountedForAsync(lines);
        Assert.Equal((lines, lines, 0, 0, 0), await pipeline.BalanceAsync());
        Assert.Equal(lines, await pipeline.Database.ScalarAsync<long>("SELECT count(*) FROM comments"));
        foreach (var (name, service) in new[] { ("gateway", pipeline.Gateway), ("processor", pipeline.Processor), ("writer", pipeline.Writer) })
        {
            output.WriteLine($"{name}: {service.MemoryBytes.PeakBytes / 1024 / 1024} MiB at most");
            Assert.InRange(service.MemoryBytes.PeakBytes, 1, MostBytes);
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
