using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Ingest.TestSupport;
using RabbitMQ.Client;

namespace Ingest.EndToEndTests;

/// <summary>What a producer on plain TCP is told at the end of its lines.</summary>
public sealed class ReceiptTests(SharedServers servers)
{
    private const string Numbers =
        """
        where: n > 0
        table: numbers
        key: n
        columns:
          n: bigint
          even: { type: boolean, default: false }
        """;

    private static readonly string Input = string.Join('\n', """{"n":1}""", """{"n":2}""", """{"n":1}""", """{"n":0}""", "{broken", """{"n":3}""");

    [Fact]
    public async Task A_producer_that_half_closes_is_told_that_its_lines_are_queued()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers);
        var sent = await ncat.SendAsync(pipeline.Port, Utf8(Input), PipelineUnderTest.Deadline);
        Assert.Equal(0, sent.ExitCode);
        var receipt = Parse(sent.Output);
        Assert.Equal(("queued", 6, Input.Length), (receipt.GetProperty("state").GetString(), receipt.GetProperty("lines").GetInt64(), receipt.GetProperty("bytes").GetInt64()));
        Assert.StartsWith("127.0.0.1:", receipt.GetProperty("source").GetString(), StringComparison.Ordinal);
        await pipeline.AllLinesAreAccountedForAsync(6);
    }

    [Fact]
    public async Task A_producer_that_wants_to_know_is_told_what_became_of_its_lines_once_they_are_committed()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers + "\nacknowledge: committed\n");
        var sent = await ncat.SendAsync(pipeline.Port, Utf8(Input), PipelineUnderTest.Deadline);

        // The answer may not come before the fact.
        Assert.Equal((6, 3, 1, 1, 1), await pipeline.BalanceAsync());
        var receipt = Parse(sent.Output);
        Assert.Equal("committed", receipt.GetProperty("state").GetString());
        Assert.Equal(
            (6, 3, 1, 1, 1),
            (Count("lines"), Count("written"), Count("duplicate"), Count("filtered"), Count("rejected")));
        long Count(string name) => receipt.GetProperty(name).GetInt64();
    }

    [Fact]
    public async Task A_producer_that_wants_to_know_is_told_that_its_lines_are_dead()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers + "\nacknowledge: committed\n");
        await pipeline.Processor.WaitForLineAsync(line => line.Contains("Consuming", StringComparison.Ordinal), PipelineUnderTest.Deadline);
        await pipeline.Processor.StopAsync(PipelineUnderTest.Deadline);
        var sending = ncat.SendAsync(pipeline.Port, Utf8(Input), PipelineUnderTest.Deadline);
        await using var connection = await (await servers.RabbitMqAsync()).ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        var queue = $"ingest.{pipeline.Name}.lines";
        BasicGetResult? message = null;
        await Eventually.HoldsAsync(
            async () => (message = await channel.BasicGetAsync(queue, autoAck: true, TestContext.Current.CancellationToken)) is not null,
            PipelineUnderTest.Deadline,
            () => "The batch was to be in its queue.");
        await pipeline.StartAgainAsync(pipeline.Processor);

        // The notice of a processor whose bus is not connected yet is lost.
        await Eventually.HoldsAsync(
            async () =>
            {
                await channel.BasicPublishAsync(
                    "", queue, mandatory: true, new BasicProperties(message!.BasicProperties), message.Body[..^1], TestContext.Current.CancellationToken);
                return sending.IsCompleted;
            },
            PipelineUnderTest.Deadline,
            () => pipeline.Processor.Describe("was to tell that the batch is dead"));
        var receipt = Parse((await sending).Output);
        Assert.Equal("queued", receipt.GetProperty("state").GetString());
        Assert.StartsWith("1 batches could not be dealt with", receipt.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_one_process_a_receipt_is_always_one_of_commits()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        var (folder, port) = (TestRun.CreateFolder("serve"), FreePort.Next());
        await File.WriteAllTextAsync(Path.Combine(folder, "numbers.yaml"), $"pipeline: numbers\nlisten: {port}\n{Numbers}", TestContext.Current.CancellationToken);
        await using var serving = ServiceProcess.Start("Cli", ["serve", "-p", "numbers.yaml", "-d", "numbers.db"], workingDirectory: folder);
        await serving.WaitForLineAsync(line => line.Contains("Ctrl+C stops", StringComparison.Ordinal), PipelineUnderTest.Deadline);
        var sent = await ncat.SendAsync(port, Utf8(Input), PipelineUnderTest.Deadline);
        var receipt = Parse(sent.Output);
        Assert.Equal("committed", receipt.GetProperty("state").GetString());
        Assert.Equal((3, 1), (receipt.GetProperty("written").GetInt64(), receipt.GetProperty("duplicate").GetInt64()));
        Assert.Equal(0, await serving.StopAsync(PipelineUnderTest.Deadline));
    }

    [Fact]
    public async Task A_producer_that_wants_no_answer_gets_none()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers + "\nacknowledge: none\n");
        var sent = await ncat.SendAsync(pipeline.Port, Utf8(Input), PipelineUnderTest.Deadline);
        Assert.Equal((0, ""), (sent.ExitCode, sent.Output));
        await pipeline.AllLinesAreAccountedForAsync(6);
    }

    [Fact]
    public async Task A_stopping_gateway_tells_an_open_producer_how_far_it_came()
    {
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers);
        using var producer = new TcpClient();
        await producer.ConnectAsync("127.0.0.1", pipeline.Port, TestContext.Current.CancellationToken);
        var stream = producer.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes("{\"n\":1}\n{\"n\":2}\n{\"n\":"), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(
            async () => await pipeline.LinesAsync() == 2, PipelineUnderTest.Deadline, () => "Two lines were to be in the ledger.");

        var stopping = pipeline.Gateway.StopAsync(PipelineUnderTest.Deadline);
        using var reader = new StreamReader(stream);
        var receipt = Parse(await reader.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(PipelineUnderTest.Deadline, TestContext.Current.CancellationToken));
        Assert.Equal(("interrupted", 2, 16), (receipt.GetProperty("state").GetString(), receipt.GetProperty("lines").GetInt64(), receipt.GetProperty("bytes").GetInt64()));
        Assert.Equal(0, await stopping);
        await pipeline.AllLinesAreAccountedForAsync(2);
    }

    [Fact]
    public async Task A_stopping_gateway_resets_an_open_producer_that_wants_no_answer()
    {
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers + "\nacknowledge: none\n");
        using var producer = new TcpClient();
        await producer.ConnectAsync("127.0.0.1", pipeline.Port, TestContext.Current.CancellationToken);
        var stream = producer.GetStream();
        await stream.WriteAsync("{\"n\":1}\n{\"n\":2}\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(
            async () => await pipeline.LinesAsync() == 2, PipelineUnderTest.Deadline, () => "Two lines were to be in the ledger.");

        var stopping = pipeline.Gateway.StopAsync(PipelineUnderTest.Deadline);
        await Assert.ThrowsAsync<IOException>(() => stream.ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken).AsTask()
            .WaitAsync(PipelineUnderTest.Deadline, TestContext.Current.CancellationToken));
        Assert.Equal(0, await stopping);
    }

    private static JsonElement Parse(string receipt)
    {
        Assert.Single(receipt.TrimEnd('\n').Split('\n'));
        return JsonDocument.Parse(receipt).RootElement;
    }

    private static MemoryStream Utf8(string text) => new(Encoding.UTF8.GetBytes(text));
}
