using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

public sealed class CommandTests
{
    [Fact]
    public async Task Help_is_no_failure()
    {
        await using var command = ServiceProcess.Start("Cli", ["--help"]);
        Assert.Equal(0, await command.WaitForExitAsync(TimeSpan.FromSeconds(30)));
    }
}
