using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

public sealed class CommandTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("help")]
    [InlineData("help", "load")]
    public async Task Help_is_no_failure(params string[] arguments)
    {
        await using var command = ServiceProcess.Start("Cli", arguments);
        Assert.Equal(0, await command.WaitForExitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains(command.Output.Lines, line => line.Contains("Usage:", StringComparison.Ordinal));
        Assert.Equal(arguments.Contains("load"), command.Output.Lines.Any(line => line.Contains("--database", StringComparison.Ordinal)));
    }
}
