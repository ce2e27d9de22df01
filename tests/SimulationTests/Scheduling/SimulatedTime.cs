namespace Ingest.SimulationTests.Scheduling;

/// <summary>A process's clock. Its wall time may jump; its timers ring in the process.</summary>
internal sealed class SimulatedTime(Simulator simulator, SimulatedProcess process) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2018, 10, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far the wall clock is off.</summary>
    public TimeSpan Error { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => Epoch + simulator.Now + Error;

    public override long GetTimestamp() => simulator.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(simulator, process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(Simulator simulator, SimulatedProcess process, TimerCallback callback, object? state) : ITimer
    {
        private Alarm? _next;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _next?.Cancel();
            _next = dueTime == Timeout.InfiniteTimeSpan
                ? null
                : simulator.Schedule(process, dueTime, () =>
                {
                    if (period != Timeout.InfiniteTimeSpan && period > TimeSpan.Zero)
                        Change(period, period);
                    callback(state);
                });
            return true;
        }

        public void Dispose() => _next?.Cancel();

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
