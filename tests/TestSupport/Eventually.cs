using System.Diagnostics;

namespace Ingest.TestSupport;

/// <summary>The one place where tests wait.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Returns as soon as the condition holds.</summary>
    /// <param name="condition">Asked again and again; an exception counts as "not yet".</param>
    /// <param name="describe">What there is instead, asked once when the deadline has passed.</param>
    /// <exception cref="TimeoutException">It never held; the condition's last exception is inside.</exception>
    public static async Task HoldsAsync(Func<Task<bool>> condition, TimeSpan deadline, Func<string> describe)
    {
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Pause);
        Exception? last;
        bool isLast;
        do
        {
            isLast = watch.Elapsed >= deadline;
            try
            {
                if (await condition())
                    return;
                last = null;
            }
#pragma warning disable CA1031 // Whatever it is, it is reported when the deadline passes.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                last = exception;
            }
            await timer.WaitForNextTickAsync();
        }
        while (!isLast);
        throw new TimeoutException($"Not within {deadline.TotalSeconds:0.#} s: {describe()}", last);
    }

    /// <inheritdoc cref="HoldsAsync(Func{Task{bool}}, TimeSpan, Func{string})"/>
    public static Task HoldsAsync(Func<bool> condition, TimeSpan deadline, Func<string> describe) =>
        HoldsAsync(() => Task.FromResult(condition()), deadline, describe);
}
