using Ingest.ServiceDefaults;

namespace Ingest.Writer;

/// <summary>A time in which a pipeline cannot write: how long it lasts, when to try again, and what to say of it.</summary>
internal sealed class Outage(string pipeline, StageHealth health, WriterOptions options, TimeProvider time, Random random)
{
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly string _stage = $"writer {pipeline}";
    private long? _since;
    private long? _lastWarning;
    private TimeSpan _delay = options.FirstRetryDelay;

    /// <summary>True when it lasts so long that what is held goes back.</summary>
    public bool IsLong => _since is { } since && time.GetElapsedTime(since) >= options.ReleaseAfter;

    /// <summary>Notes a failed attempt.</summary>
    /// <returns>What to log, which is null when something was logged within the last minute.</returns>
    public string? Note(Exception failure)
    {
        var refused = failure is StoreRefusedException;
        var problem = new StageProblem(
            _stage, $"Pipeline {pipeline}: {(refused ? "" : "the database is away: ")}{failure.Message}", NeedsHelp: refused);
        health.Report(problem);
        var now = time.GetTimestamp();
        _since ??= now;
        if (_lastWarning is { } last && time.GetElapsedTime(last) < BetweenWarnings)
            return null;
        _lastWarning = now;
        return problem.Message;
    }

    /// <summary>Waits before the next attempt: longer each time, and never in step with others.</summary>
    public async Task WaitAsync(Exception failure, CancellationToken cancellationToken)
    {
        var wait = failure is StoreRefusedException ? options.RefusalRetryDelay : _delay * (0.5 + (random.NextDouble() / 2));
        _delay = TimeSpan.FromTicks(Math.Min(_delay.Ticks * 2, options.LongestRetryDelay.Ticks));
        await Task.Delay(wait, time, cancellationToken);
    }

    /// <summary>What is held went back; the next attempts have their own time.</summary>
    public void Restart() => _since = null;

    /// <returns>True when there was an outage.</returns>
    public bool End()
    {
        (_since, _delay) = (null, options.FirstRetryDelay);
        return health.Resolve(_stage);
    }
}
