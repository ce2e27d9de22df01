using System.Text.Json;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>A service that is asked to end while all of them work as fast as they can.</summary>
[Collection(Alone.Name)]
public sealed class TerminationTests(SharedServers servers)
{
    private const string Definition = "table: t\nkey: id\ncolumns:\n  id: text\n  author: text\n  body: text\n  score: integer\n";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("Processor")]
    [InlineData("Writer")]
    public async Task A_stage_that_ends_under_load_leaves_everything_to_the_next(string stage)
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Definition);
        await using var input = new OngoingInput(seed: 5, lines: 150_000);
        var sending = ncat.SendAsync(pipeline.Port, input, PipelineUnderTest.Deadline);
        await Eventually.HoldsAsync(
            async () => await pipeline.LinesAsync() > 0, PipelineUnderTest.Deadline, () => "The stream was to be under way.");

        var service = stage == "Processor" ? pipeline.Processor : pipeline.Writer;
        Assert.Equal(0, await service.StopAsync(Grace));
        Assert.False(sending.IsCompleted);
        await pipeline.StartAgainAsync(service);
        input.End();

        Assert.Equal(0, (await sending).ExitCode);
        await pipeline.AllLinesAreAccountedForAsync(input.Lines);
        Assert.Equal((input.Lines, input.Lines, 0, 0, 0), await pipeline.BalanceAsync());
    }

    [Fact]
    public async Task A_gateway_that_ends_under_load_has_every_line_that_its_receipt_names()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Definition);
        await using var input = new OngoingInput(seed: 5, lines: 150_000);
        var sending = ncat.SendAsync(pipeline.Port, input, PipelineUnderTest.Deadline);
        await Eventually.HoldsAsync(
            () => input.Lines > 15_000, PipelineUnderTest.Deadline, () => "The stream was to be under way.");

        Assert.Equal(0, await pipeline.Gateway.StopAsync(Grace));
        input.End();
        using var receipt = JsonDocument.Parse((await sending).Output);
        Assert.Equal("interrupted", receipt.RootElement.GetProperty("state").GetString());
        var lines = receipt.RootElement.GetProperty("lines").GetInt64();
        Assert.InRange(lines, 1, input.Lines);
        await pipeline.AllLinesAreAccountedForAsync(lines);
        Assert.Equal((lines, lines, 0, 0, 0), await pipeline.BalanceAsync());
    }
}
