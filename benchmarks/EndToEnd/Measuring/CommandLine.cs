using System.Diagnostics;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Measuring;

/// <summary>What one process cost.</summary>
/// <param name="PeakBytes">Its most physical memory; 0 where it was not measured.</param>
internal sealed record ProcessCost(string Name, double CpuSeconds, long PeakBytes);

/// <param name="Seconds">From the start of the first program to the end of the last.</param>
/// <param name="Output">What the last program printed.</param>
internal sealed record CommandLineResult(double Seconds, IReadOnlyList<ProcessCost> Costs, string Output);

/// <summary>Programs joined by pipes, as a shell joins them.</summary>
internal static class CommandLine
{
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(10);

    /// <param name="input">The file that is the first program's standard input.</param>
    /// <param name="deadline">When all are killed.</param>
    /// <param name="commands">One or more.</param>
    /// <exception cref="InvalidOperationException">One of them failed; its error output is in the message.</exception>
    public static async Task<CommandLineResult> RunAsync(string input, TimeSpan deadline, params IReadOnlyList<Command> commands)
    {
        var folder = TestRun.CreateFolder("commands");
        var output = Path.Combine(folder, "output");
        var watch = Stopwatch.StartNew();
        var running = Start(input, output, folder, commands);
        using var ended = new CancellationTokenSource();
        using var late = new CancellationTokenSource(deadline);
        await using var killing = late.Token.Register(() => running.ForEach(r => r.Process.Signal(OwnedProcess.SigKill)));
        var sampling = running.Select(r => SampleAsync(r.Process.Id, ended.Token)).ToArray();
        var ends = await Task.WhenAll(running.Select(r => r.End));
        var seconds = watch.Elapsed.TotalSeconds;
        await ended.CancelAsync();
        var peaks = await Task.WhenAll(sampling);
        for (var i = 0; i < ends.Length; i++)
        {
            TestRun.Forget(running[i].Process);
            if (ends[i].ExitCode != 0)
                throw new InvalidOperationException($"{commands[i].Name} ended with {ends[i].ExitCode}: {await File.ReadAllTextAsync(ErrorFile(folder, i))}");
        }

        return new CommandLineResult(
            seconds,
            [.. commands.Select((c, i) => new ProcessCost(c.Name, ends[i].CpuSeconds, peaks[i]))],
            await File.ReadAllTextAsync(output));
    }

    private static List<(OwnedProcess Process, Task<ChildEnd> End)> Start(string input, string output, string folder, IReadOnlyList<Command> commands)
    {
        var running = new List<(OwnedProcess, Task<ChildEnd>)>();
        var source = Spawn.OpenForReading(input);
        for (var i = 0; i < commands.Count; i++)
        {
            var (next, target) = i < commands.Count - 1 ? Spawn.Pipe() : (-1, Spawn.OpenForWriting(output));
            var error = Spawn.OpenForWriting(ErrorFile(folder, i));
            var id = Spawn.Start(commands[i].Words, commands[i].Environment, source, target, error);
            Spawn.Close(source);
            Spawn.Close(target);
            Spawn.Close(error);
            source = next;

            // It stays a process, if only a dead one, until it is waited for.
            var process = OwnedProcess.Find(id)!.Value;
            TestRun.Watch(process);
            running.Add((process, Task.Factory.StartNew(() => Spawn.Wait(id), TaskCreationOptions.LongRunning)));
        }

        return running;
    }

    /// <summary>
    /// The peak that getrusage(2) gives begins with the memory of the process that forked; the process's own has to be
    /// looked at while it lives.
    /// </summary>
    private static async Task<long> SampleAsync(int id, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(SampleEvery);
        var peak = 0L;
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
                peak = Math.Max(peak, PeakMemory.Of(id));
        }
        catch (OperationCanceledException)
        {
            // All have ended.
        }

        return peak;
    }

    private static string ErrorFile(string folder, int index) => Path.Combine(folder, $"error-{index}");
}
