using System.Diagnostics;

namespace Ingest.TestSupport;

/// <summary>A server installed on this machine, run with private data on a port of its own.</summary>
/// <param name="name">What it is.</param>
/// <param name="user">Whom it runs as; null when the tests cannot become another user.</param>
/// <param name="root">The root file system that its programs come from; null for this machine's own.</param>
internal abstract class NativeServer(string name, SystemUser? user, string? root = null) : ServerInstance
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    private Process? _launched;

    public override IReadOnlyList<int> ProcessIds => Main is { } main ? [.. main.Tree().Select(p => p.Id)] : [];

    /// <summary>Belongs to the user that the server runs as.</summary>
    protected string Folder { get; } = SystemUser.CreateFolder(name, user);

    /// <summary>The command that runs the one behind it as the server's user in its file system, in the same process.</summary>
    protected string[] Prefix { get; } = root is null ? user?.Prefix ?? [] : user!.PrefixIn(root);

    protected string Log => Path.Combine(Folder, name + ".log");

    /// <summary>The process that is the server; its children live and die with it.</summary>
    protected abstract OwnedProcess? Main { get; }

    protected OwnedProcess? Launched { get; private set; }

    /// <summary>The signal that asks for a clean and quick end.</summary>
    protected abstract int StopSignal { get; }

    // While it starts, what was launched may not have become the server yet.
    private OwnedProcess? Running => Main is { IsAlive: true } main ? main : Launched is { IsAlive: true } launched ? launched : null;

    public override async Task PauseAsync()
    {
        // Once the server itself is stopped it has no more children, and the list is whole.
        var main = Running ?? throw new InvalidOperationException($"{name} does not run.");
        main.Signal(OwnedProcess.SigStop);
        await Eventually.HoldsAsync(() => main.IsStopped || !main.IsAlive, StopDeadline, () => $"{name} runs on");
        foreach (var process in main.Tree())
            process.Signal(OwnedProcess.SigStop);
    }

    public override Task ResumeAsync()
    {
        foreach (var process in Running?.Tree().Reverse() ?? [])
            process.Signal(OwnedProcess.SigCont);
        return Task.CompletedTask;
    }

    public override async Task KillAsync()
    {
        if (Running is not { } main)
            return;
        await PauseAsync();
        var processes = main.Tree();
        foreach (var process in processes)
            process.Signal(OwnedProcess.SigKill);
        await Eventually.HoldsAsync(() => !processes.Any(p => p.IsAlive), StopDeadline, () => $"{name} lives on");
        await ForgetAsync();
    }

    public override async Task StopAsync()
    {
        if (Running is { } main)
        {
            await ResumeAsync();
            main.Signal(StopSignal);
            try
            {
                await Eventually.HoldsAsync(() => !main.IsAlive, StopDeadline, () => $"{name} does not stop");
            }
            catch (TimeoutException)
            {
                await KillAsync();
            }
        }
        await ForgetAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Starts the server's program and waits until it is ready.</summary>
    protected async Task LaunchAsync(
        string file, string[] arguments, IReadOnlyDictionary<string, string> environment, Func<Task<bool>> ready)
    {
        _launched = Start(file, arguments, environment);
        Launched = OwnedProcess.Find(_launched.Id);
        if (Launched is { } started)
            TestRun.Watch(started);

        var ended = false;
        await Eventually.HoldsAsync(
            async () => (ended = _launched.HasExited) || await ready(), StartDeadline, () => $"{name} is not ready: {ReadLog()}");
        if (ended)
            throw new InvalidOperationException($"{name} ended while it started: {ReadLog()}");
    }

    /// <summary>A program that runs beside the server or for it, as the same user and with its output in the log.</summary>
    protected Process Start(string file, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        // In a session of its own: an interrupt from the terminal is for the tests. All of these replace themselves
        // with the next, so that the process started here is the program itself.
        string[] command =
            ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", Log, "setsid", .. Prefix, file, .. arguments];
        var start = new ProcessStartInfo("sh", command) { WorkingDirectory = Folder };
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        return Process.Start(start)!;
    }

    protected string ReadLog() => File.Exists(Log) ? string.Join('\n', File.ReadLines(Log).TakeLast(40)) : "";

    private async Task ForgetAsync()
    {
        if (_launched is null)
            return;
        await _launched.WaitForExitAsync();
        if (Launched is { } launched)
            TestRun.Forget(launched);
        _launched.Dispose();
        _launched = null;
        Launched = null;
    }
}
