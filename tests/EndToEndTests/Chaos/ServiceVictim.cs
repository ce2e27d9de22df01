using Ingest.TestSupport;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>One of the services, started again and again with the same ports and settings.</summary>
internal sealed class ServiceVictim(string name, string project, IReadOnlyDictionary<string, string?> environment) : Victim(name), IAsyncDisposable
{
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(60);

    private ServiceProcess? _process;

    /// <summary>The most memory that any of its processes was seen with.</summary>
    public long PeakBytes { get; private set; }

    public override Task StartAsync()
    {
        _process = ServiceProcess.Start(project, environment: environment);
        return Task.CompletedTask;
    }

    public Task StartedAsync() =>
        _process!.WaitForLineAsync(line => line.Contains("Application started", StringComparison.Ordinal), PipelineUnderTest.Deadline);

    public override async Task KillAsync()
    {
        Measure();
        _process!.Kill();
        await EndAsync();
    }

    public override async Task<string?> StopAsync()
    {
        Measure();
        string? problem = null;
        try
        {
            // Before that nobody listens to the signal.
            await StartedAsync();
            var exitCode = await _process!.StopAsync(StopDeadline);
            if (exitCode != 0)
                problem = _process.Describe($"ended with exit code {exitCode}");
        }
        catch (TimeoutException)
        {
            problem = _process!.Describe($"did not end within {StopDeadline.TotalSeconds:0} s");
        }

        await EndAsync();
        return problem;
    }

    public override Task PauseAsync()
    {
        _process!.Pause();
        return Task.CompletedTask;
    }

    public override Task ResumeAsync()
    {
        _process!.Resume();
        return Task.CompletedTask;
    }

    public string Describe() => _process?.Describe("runs") ?? $"{Name} does not run.";

    /// <summary>Whether it ended without having been told to.</summary>
    public bool HasDied => _process is { HasExited: true };

    public void Measure()
    {
        if (_process is { HasExited: false })
            PeakBytes = Math.Max(PeakBytes, _process.MemoryBytes.PeakBytes);
    }

    public async ValueTask DisposeAsync() => await EndAsync();

    private async Task EndAsync()
    {
        if (_process is not { } process)
            return;
        await process.DisposeAsync();
        if (Environment.GetEnvironmentVariable("INGEST_CHAOS_LOGS") is { Length: > 0 } folder)
            await File.AppendAllLinesAsync(Path.Combine(folder, Name + ".log"), [.. process.Output.Lines, .. process.Output.ErrorLines, $"--- {DateTime.UtcNow:O}"]);
        _process = null;
    }
}
