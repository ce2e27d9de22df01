using System.Diagnostics;

namespace Ingest.TestSupport;

/// <summary>What a run of ncat gave.</summary>
public sealed record NcatResult(int ExitCode, string Output, string Error);

/// <summary>The real ncat, or a netcat that can do the same: half-close at the end of its input, then read the reply.</summary>
public sealed class Ncat
{
    private readonly string _file;
    private readonly string[] _options;

    private Ncat(string file, string[] options) => (_file, _options) = (file, options);

    /// <summary>Null when there is neither ncat nor a netcat that half-closes.</summary>
    public static Ncat? Find()
    {
        if (NativeTools.OnPath("ncat") is { } ncat)
            return new Ncat(ncat, []);
        if (NativeTools.OnPath("nc") is not { } nc)
            return null;
        // OpenBSD's needs an option for it; Nmap's, under this name too, does it by itself; the traditional one cannot.
        var help = Help(nc);
        return help.Contains("Ncat", StringComparison.Ordinal) ? new Ncat(nc, [])
            : help.Contains("-N", StringComparison.Ordinal) ? new Ncat(nc, ["-N"])
            : null;
    }

    /// <summary>
    /// The same; without one the running test is skipped, and where <c>CI</c> is set it fails.
    /// </summary>
    public static Task<Ncat> FindOrSkipAsync() => SharedServers.OrSkipAsync(() => Task.FromResult(
        Find() ?? throw new ServiceUnavailableException("No ncat: install it (Debian, Ubuntu: apt-get install ncat).")));

    /// <summary>The program and its arguments, for whoever runs it in another way; it sends its standard input.</summary>
    public IReadOnlyList<string> Command(int port) => [_file, .. Arguments(port)];

    /// <summary>Sends all of the input and returns once the other side has closed.</summary>
    /// <exception cref="TimeoutException">It did not end in time, and was killed.</exception>
    public Task<NcatResult> SendAsync(int port, Stream input, TimeSpan deadline) =>
        RunAsync(new ProcessStartInfo(_file, Arguments(port)) { RedirectStandardInput = true }, input, deadline);

    /// <summary>The same with a file as its standard input, as a shell's <c>&lt;</c> gives it.</summary>
    public Task<NcatResult> SendFileAsync(int port, string file, TimeSpan deadline) =>
        RunAsync(new ProcessStartInfo("sh", ["-c", "exec \"$@\" <\"$0\"", file, _file, .. Arguments(port)]), null, deadline);

    private static async Task<NcatResult> RunAsync(ProcessStartInfo start, Stream? input, TimeSpan deadline)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        using var late = new CancellationTokenSource(deadline);
        var output = process.StandardOutput.ReadToEndAsync(late.Token);
        var error = process.StandardError.ReadToEndAsync(late.Token);
        try
        {
            if (input is not null)
                await FeedAsync(process.StandardInput, input, late.Token);
            await process.WaitForExitAsync(late.Token);
            return new NcatResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"ncat did not end within {deadline.TotalSeconds:0.#} s.");
        }
    }

    private static async Task FeedAsync(StreamWriter pipe, Stream input, CancellationToken cancellationToken)
    {
        try
        {
            await input.CopyToAsync(pipe.BaseStream, cancellationToken);
            pipe.Close();
        }
        catch (IOException)
        {
            // It ended before it had read everything, because the other side closed; its exit code tells.
        }
    }

    private static string Help(string file)
    {
        using var process = Process.Start(
            new ProcessStartInfo("sh", ["-c", "exec \"$0\" -h 2>&1", file]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd();
    }

    private string[] Arguments(int port) => [.. _options, "127.0.0.1", $"{port}"];
}
