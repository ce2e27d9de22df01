using Ingest.TestSupport;

namespace Ingest.IntegrationTests.Fixtures;

public sealed class ServiceProcessTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Lines_of_both_outputs_are_found_whether_printed_already_or_not()
    {
        await using var process = Shell("echo one; echo two >&2; read line; echo got $line; exit 7");
        await process.WaitForLineAsync(line => line == "two", Deadline);
        await process.WaitForLineAsync(line => line == "one", Deadline);
        await process.Input.WriteAsync("three\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await process.Input.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal("got three", await process.WaitForLineAsync(line => line.StartsWith("got", StringComparison.Ordinal), Deadline));
        Assert.Equal(7, await process.WaitForExitAsync(Deadline));
        Assert.Equal(["one", "got three"], process.Output.Lines);
        Assert.Equal(["two"], process.Output.ErrorLines);
    }

    [Fact]
    public async Task A_process_that_ends_without_the_line_fails_at_once_and_shows_its_output()
    {
        await using var process = Shell("echo trouble >&2; exit 1");
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => process.WaitForLineAsync(line => line == "ready", TimeSpan.FromHours(1)));
        Assert.Contains("trouble", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_ends_the_process_even_when_it_is_paused()
    {
        var process = Shell("echo ready; exec cat");
        await process.WaitForLineAsync(line => line == "ready", Deadline);
        var memory = process.MemoryBytes;
        Assert.InRange(memory.ResidentBytes, 1, memory.PeakBytes);
        process.Pause();
        var id = process.Id;
        await process.DisposeAsync();
        Assert.Null(OwnedProcess.Find(id));
    }

    private static ServiceProcess Shell(string script) => ServiceProcess.StartProgram("shell", "sh", ["-c", script]);
}
