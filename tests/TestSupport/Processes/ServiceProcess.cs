using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Ingest.TestSupport;

/// <summary>Physical memory of a process: now, and the most it ever had.</summary>
public readonly record struct ProcessMemory(long ResidentBytes, long PeakBytes);

/// <summary>One of the repository's programs, or any other, run as a process of its own.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly OwnedProcess? _owned;
    private readonly string _name;

    private ServiceProcess(Process process, string name)
    {
        (_process, _name) = (process, name);
        _owned = OwnedProcess.Find(process.Id);
        if (_owned is { } owned)
            TestRun.Watch(owned);
        process.OutputDataReceived += (_, line) => Output.Add(isError: false, line.Data);
        process.ErrorDataReceived += (_, line) => Output.Add(isError: true, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public ProcessOutput Output { get; } = new();

    /// <summary>The process's standard input; it ends when this is closed.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>VmRSS and VmHWM; only while it runs.</summary>
    public ProcessMemory MemoryBytes
    {
        get
        {
            var status = File.ReadLines($"/proc/{Id}/status")
                .Select(line => line.Split(':', 2))
                .ToDictionary(pair => pair[0], pair => pair[1].Trim());
            return new ProcessMemory(Bytes(status["VmRSS"]), Bytes(status["VmHWM"]));
        }
    }

    /// <summary>User and system time so far; only while it runs.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>
    /// Starts a project of this repository, as it was built with the tests, under the runtime they run on; the command as
    /// the native program that <c>INGEST_COMMAND</c> names, where it names one.
    /// </summary>
    /// <param name="project">The project's name: <c>Gateway</c>, <c>Processor</c>, <c>Writer</c> or <c>Cli</c>.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="environment">Added to the environment of the tests; null takes a variable away.</param>
    /// <param name="workingDirectory">Where it starts; a new, empty folder when left out.</param>
    public static ServiceProcess Start(
        string project,
        IEnumerable<string>? arguments = null,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingDirectory = null)
    {
        if (project == "Cli" && Environment.GetEnvironmentVariable("INGEST_COMMAND") is { Length: > 0 } command)
            return StartProgram(project, command, arguments ?? [], environment, workingDirectory);

        // The runtime's folder is DOTNET/shared/Microsoft.NETCore.App/VERSION/.
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        return StartProgram(project, dotnet, [Repository.Assembly(project), .. arguments ?? []], environment, workingDirectory);
    }

    /// <summary>Starts any program.</summary>
    public static ServiceProcess StartProgram(
        string name,
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? TestRun.CreateFolder(name),
        };
        foreach (var (key, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[key] = value;
        return new ServiceProcess(Process.Start(start)!, name);
    }

    /// <summary>The first line of either output for which the predicate holds, printed already or yet to come.</summary>
    /// <exception cref="InvalidOperationException">The process ended without it.</exception>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public async Task<string> WaitForLineAsync(Predicate<string> predicate, TimeSpan deadline)
    {
        using var late = new CancellationTokenSource(deadline);
        try
        {
            return await Output.FindAsync(predicate, late.Token)
                ?? throw new InvalidOperationException(Describe("ended without the line"));
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(Describe($"did not print the line within {deadline.TotalSeconds:0.#} s"));
        }
    }

    /// <summary>The exit code, once all output is in; 128 and the signal's number when a signal ended it.</summary>
    /// <exception cref="TimeoutException">It still runs.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan deadline)
    {
        using var late = new CancellationTokenSource(deadline);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(Describe($"did not end within {deadline.TotalSeconds:0.#} s"));
        }
        return _process.ExitCode;
    }

    /// <summary>kill(2); does nothing when the process has ended.</summary>
    public void Signal(int signal) => _owned?.Signal(signal);

    public void Terminate() => Signal(OwnedProcess.SigTerm);

    public void Interrupt() => Signal(OwnedProcess.SigInt);

    public void Kill() => Signal(OwnedProcess.SigKill);

    public void Pause() => Signal(OwnedProcess.SigStop);

    public void Resume() => Signal(OwnedProcess.SigCont);

    /// <summary>Asks it to end, and gives its exit code.</summary>
    /// <exception cref="TimeoutException">It still runs.</exception>
    public Task<int> StopAsync(TimeSpan deadline)
    {
        Terminate();
        return WaitForExitAsync(deadline);
    }

    /// <summary>Asks it to end, and kills it when it has not after 30 seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        Resume();
        Terminate();
        try
        {
            await WaitForExitAsync(StopDeadline);
        }
        catch (TimeoutException)
        {
            Kill();
            await WaitForExitAsync(StopDeadline);
        }
        if (_owned is { } owned)
            TestRun.Forget(owned);
        _process.Dispose();
    }

    /// <summary>The process's name, what it did, its end if it has ended, and its last output.</summary>
    public string Describe(string what) =>
        $"{_name} {what}{(HasExited ? $" (exit code {_process.ExitCode})" : "")}. Its output:\n{Output}";

    private static long Bytes(string value) => 1024 * long.Parse(value.Split(' ')[0], CultureInfo.InvariantCulture);
}
