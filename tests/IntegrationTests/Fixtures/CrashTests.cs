using System.Globalization;
using Ingest.TestSupport;

namespace Ingest.IntegrationTests.Fixtures;

public sealed class CrashTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_test_run_that_is_killed_leaves_no_server_and_no_folder()
    {
        await using (var probe = await SharedServers.OrSkipAsync(PostgresServer.StartOwnAsync))
            Assert.SkipWhen(probe.ProcessIds.Count == 0, "Servers run in containers here, which Testcontainers ends.");
        var method = $"{typeof(CrashTests).FullName}.{nameof(Start_a_server_and_wait)}";
        await using var run = ServiceProcess.Start("IntegrationTests", ["-explicit", "only", "-method", method, "-showLiveOutput"]);

        var server = await ReadAsync(run, "server");
        var folder = await ReadAsync(run, "folder");
        var process = OwnedProcess.Find(int.Parse(server, CultureInfo.InvariantCulture));
        run.Kill();

        await Eventually.HoldsAsync(
            () => process is { IsAlive: false } && !Directory.Exists(folder), Deadline, () => $"process {server} or {folder} is there");
    }

    /// <summary>What the other test kills.</summary>
    [Fact(Explicit = true)]
    public async Task Start_a_server_and_wait()
    {
        await using var server = await PostgresServer.StartOwnAsync();
        Console.WriteLine($"folder={Path.GetDirectoryName(TestRun.CreateFolder("crash"))}");
        Console.WriteLine($"server={server.ProcessIds[0]}");
        await new TaskCompletionSource().Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string> ReadAsync(ServiceProcess run, string name)
    {
        var line = await run.WaitForLineAsync(line => line.Contains(name + "=", StringComparison.Ordinal), Deadline);
        return line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim();
    }
}
