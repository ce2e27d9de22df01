using System.Globalization;
using Ingest.Gateway.Sources;
using Ingest.ServiceDefaults;

namespace Ingest.Cli.Load;

/// <summary>
/// Shows on standard error how far a load is: one line that changes on a terminal, a plain line every ten seconds
/// elsewhere. It also ends a load whose database stays away.
/// </summary>
internal sealed class Progress(LoadReport report, StageHealth health, TimeSpan patience, CancellationTokenSource aborting)
{
    /// <summary>How often the database is looked at, and on a terminal the line is new.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly StatusLine _line = new();
    private volatile Current? _current;
    private long _awaySince;

    /// <summary>Why the load was given up, or null.</summary>
    public string? GaveUp { get; private set; }

    public void Begin(LoadInput input, SourcePump pump) => _current = new Current(input, pump);

    public void Finish(SourceResult result, SourcePump pump)
    {
        _current = null;
        report.PassedOver(pump.AlreadyLines);
        report.Bytes += result.Bytes;
        report.Sources++;
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
            if (_current is not { } current || (_line.Period > Look && now - shown < _line.Period.TotalMilliseconds))
                continue;
            shown = now;
            _line.Show(Describe(current.Input, current.Pump, TimeSpan.FromMilliseconds(now - start)));
        }

        _line.Clear();
    }

    /// <summary>One reference, since two threads look at it.</summary>
    private sealed record Current(LoadInput Input, SourcePump Pump);

    private string Describe(LoadInput input, SourcePump pump, TimeSpan elapsed)
    {
        var bytes = report.Bytes + pump.BytesRead;
        var share = input.Share is { } part ? string.Create(CultureInfo.InvariantCulture, $"{part,4:P0}  ") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{input.Name}  {share}{bytes / 1e6:N1} MB  {bytes / 1e6 / elapsed.TotalSeconds:N0} MB/s  {report.Lines + pump.AlreadyLines:N0} lines  {report.Written:N0} written  {report.Rejected:N0} rejected");
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
