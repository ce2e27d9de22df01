using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.TestSupport;

/// <summary>A clock that stands still until it is moved, and that tells which waits begin.</summary>
public sealed class ObservedTime : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _waits.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>How long the next wait is, as soon as somebody waits; waits come in the order of their beginning.</summary>
    public Task<TimeSpan> NextWaitAsync() => _waits.Reader.ReadAsync().AsTask().SoonAsync();

    public bool NobodyWaits => _waits.Reader.Count == 0;
}

public static class Soon
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>The task, which fails the test instead of hanging it.</summary>
    public static Task<T> SoonAsync<T>(this Task<T> task) => task.WaitAsync(Deadline);

    /// <inheritdoc cref="SoonAsync{T}"/>
    public static Task SoonAsync(this Task task) => task.WaitAsync(Deadline);
}
