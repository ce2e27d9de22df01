using Ingest.Gateway.Edge;
using Ingest.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.UnitTests.Gateway;

public sealed class ReloadedFileTests
{
    /// <summary>Its owner was changed after it was moved there, for instance.</summary>
    [Fact]
    public async Task A_file_that_can_be_read_later_is_read_then_although_its_time_is_the_same()
    {
        var path = Path.Combine(TestRun.CreateFolder("reloaded"), "tokens");
        await File.WriteAllTextAsync(path, "old", TestContext.Current.CancellationToken);
        var isReadable = true;
        var file = new ReloadedFile<string>(
            "Edge__TokensFile", [path], () => isReadable ? File.ReadAllText(path) : throw new UnauthorizedAccessException("denied"), NullLogger.Instance);
        Assert.Equal("old", file.Current);

        isReadable = false;
        await File.WriteAllTextAsync(path, "newer", TestContext.Current.CancellationToken);
        Assert.Equal("old", file.Current);
        isReadable = true;
        await Eventually.HoldsAsync(() => Task.FromResult(file.Current == "newer"), TimeSpan.FromSeconds(30), () => "It is still the old one.");
    }
}
