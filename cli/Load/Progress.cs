using System.Collections.Concurrent;
using System.Globalization;
using Ingest.Gateway.Sources;
using Ingest.ServiceDefaults;

namespace Ingest.Cli.Load;

/// <summary>
/// Shows on standard error how far a load is: one line that changes on a terminal, a plain line every ten seconds
/// elsewhere. It also ends a load whose database stays away.
/// </summary>
internal sealed class Progress(
    IReadOnlyList<LoadInput> inputs, LoadReport report, StageHealth health, TimeSpan patience, CancellationTokenSource aborting)
{
    /// <summary>How often the database is looked at, and on a terminal the line is new.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly StatusLine _line = new();
    private readonly ConcurrentDictionary<LoadInput, SourcePump> _current = new();

    /// <summary>Bytes of all inputs as they are; null where that of one is not known.</summary>
    private readonly long? _size = inputs.Aggregate((long?)0, (sum, input) => sum + input.Size);
    private long _endedSize;
    private int _ended;
    private long _awaySince;

    /// <summary>Why the load was given up, or null.</summary>
    public string? GaveUp { get; private set; }

    public void Begin(LoadInput input, SourcePump pump) => _current[input] = pump;

    /// <summary>It is done with, whatever came of it.</summary>
    public void End(LoadInput input)
    {
        if (_current.TryRemove(input, out var pump))
            report.Ended(pump.BytesRead, pump.AlreadyLines);
        Interlocked.Add(ref _endedSize, input.Size ?? 0);
        Interlocked.Increment(ref _ended);
    }

    /// <summary>Shows it until the load ends.</summary>
    public async Task ShowAsync(CancellationToken ended)
    {
        // A wait that is cancelled costs 25 ms, for it looks its source lines up; a timer that is gone just ends.
        using var ticks = new PeriodicTimer(Look);
        using var ending = ended.UnsafeRegister(static timer => ((PeriodicTimer)timer!).Dispose(), ticks);
        var (start, shown) = (Environment.TickCount64, Environment.TickCount64);
        while (await ticks.WaitForNextTickAsync(CancellationToken.None))
        {
            WatchDatabase();
            var now = Environment.TickCount64;
            if (_current.IsEmpty || (_line.Period > Look && now - shown < _line.Period.TotalMilliseconds))
                continue;
            shown = now;
            _line.Show(Describe(TimeSpan.FromMilliseconds(now - start)));
        }

        _line.Clear();
    }

    private string Describe(TimeSpan elapsed)
    {
        var current = _current.ToArray();
        var bytes = report.Bytes + current.Sum(c => c.Value.BytesRead);
        var already = current.Sum(c => c.Value.AlreadyLines);
        var name = inputs.Count == 1 ? inputs[0].Name : string.Create(CultureInfo.InvariantCulture, $"{Volatile.Read(ref _ended):N0} of {inputs.Count:N0} done");
        var share = _size > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{(Volatile.Read(ref _endedSize) + current.Sum(c => c.Key.Size * c.Key.Share)) / _size,4:P0}  ")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name}  {share}{bytes / 1e6:N1} MB  {bytes / 1e6 / elapsed.TotalSeconds:N0} MB/s  {report.Lines + already:N0} lines  {report.Written:N0} written  {report.Rejected:N0} rejected");
    }

    private void WatchDatabase()
    {
        var problem = health.Problems.FirstOrDefault();
        if (problem is null)
        {
            _awaySince = 0;
            return;
        }

        if (_awaySince == 0)
            _awaySince = Environment.TickCount64;
        if (Environment.TickCount64 - _awaySince < patience.TotalMilliseconds || aborting.IsCancellationRequested)
            return;
        GaveUp = $"{problem.Message}; it did not come back within {patience.TotalSeconds:N0} s. Run the same command again to go on.";
        aborting.Cancel();
    }
}
