using System.Text.Json;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary>Dead batches as an operator meets them: in metrics, in a list, and on their way back.</summary>
public sealed class DeadTests(SharedServers servers)
{
    private const string Definition = "table: t\ncolumns:\n  a: integer\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dead_batch_is_counted_listed_and_sent_back()
    {
        var broker = await servers.RabbitMqAsync();
        var url = $"http://127.0.0.1:{FreePort.Next()}";
        var (name, folder) = (TestNames.Pipeline(), TestRun.CreateFolder("dead"));
        var file = Path.Combine(folder, "pipeline.yaml");
        await File.WriteAllTextAsync(file, $"pipeline: {name}\nlisten: {FreePort.Next()}\n{Definition}", Token);
        await using var processor = ServiceProcess.Start("Processor", environment: new Dictionary<string, string?>
        {
            ["ConnectionStrings__RabbitMq"] = broker.Uri.ToString(),
            ["Ingest__Pipelines"] = folder,
            ["ASPNETCORE_URLS"] = url,
        });
        await processor.WaitForLineAsync(line => line.Contains("Consuming", StringComparison.Ordinal), PipelineUnderTest.Deadline);
        await using (var connection = await broker.ConnectAsync())
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Token))
            await RabbitMQ.Client.IChannelExtensions.BasicPublishAsync(channel, "", $"ingest.{name}.lines", "no batch"u8.ToArray(), Token);

        using var http = new HttpClient();
        await Eventually.HoldsAsync(
            async () =>
            {
                var metrics = (await http.GetStringAsync(new Uri(url + "/metrics"), Token)).Split('\n');
                return metrics.Any(l => l.StartsWith("ingest_dead_batches{", StringComparison.Ordinal) && l.Contains(name, StringComparison.Ordinal) && l.Split(' ')[1] == "1")
                    && metrics.Any(l => l.StartsWith("ingest_batches_buried_total{", StringComparison.Ordinal) && l.Contains("cause=\"unreadable\"", StringComparison.Ordinal));
            },
            PipelineUnderTest.Deadline,
            () => processor.Describe("was to count the dead batch"));

        var (listed, output) = await RunAsync(broker, "dead", "list", "--pipeline", file, "--format", "json");
        Assert.Equal(0, listed);
        using var json = JsonDocument.Parse(output.Single());
        var batch = json.RootElement.GetProperty("batches")[0];
        Assert.StartsWith("unreadable: ", batch.GetProperty("reason").GetString(), StringComparison.Ordinal);

        // Without the processor, what is sent back does not die again.
        await processor.StopAsync(PipelineUnderTest.Deadline);
        var empty = Path.Combine(folder, "empty.db");
        await File.WriteAllBytesAsync(empty, [], Token);
        await StatusAsync(1, "  DEAD      1 batches; ");

        var (unnamed, _) = await RunAsync(broker, "dead", "requeue", "--pipeline", name);
        var (unknown, _) = await RunAsync(broker, "dead", "requeue", "no-such-id", "--pipeline", name);
        Assert.Equal(1, (await RunAsync(broker, "dead", "list", "--pipeline", "no-such-pipeline")).ExitCode);
        var (requeued, told) = await RunAsync(broker, "dead", "requeue", "--all", "--pipeline", name);
        Assert.Equal((2, 1, 0, "1 sent back."), (unnamed, unknown, requeued, told.Last()));
        await StatusAsync(0, "  queues    1 messages of lines, ");

        // The broker's counts follow a moment later.
        Task StatusAsync(int exitCode, string line) => Eventually.HoldsAsync(
            async () => await RunAsync(broker, "status", "-p", file, "-d", empty) is var status
                && status.ExitCode == exitCode && status.Output.Any(l => l.StartsWith(line, StringComparison.Ordinal)),
            PipelineUnderTest.Deadline,
            () => $"The status was to end with {exitCode} and to say{line}");
    }

    private static async Task<(int ExitCode, string[] Output)> RunAsync(RabbitMqServer broker, params string[] arguments)
    {
        await using var command = ServiceProcess.Start(
            "Cli", arguments, new Dictionary<string, string?> { ["ConnectionStrings__RabbitMq"] = broker.Uri.ToString() });
        var exitCode = await command.WaitForExitAsync(TimeSpan.FromSeconds(60));
        return (exitCode, [.. command.Output.Lines]);
    }
}
