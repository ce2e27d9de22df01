using System.Globalization;
using Ingest.Cli.Load;

namespace Ingest.Cli.Send;

/// <summary>Shows on standard error how far a send is.</summary>
internal sealed class SendProgress
{
    private readonly StatusLine _status = new();
    private volatile Current? _current;

    public void Begin(InputFile input, SendAttempt attempt) => _current = new Current(input, attempt, Environment.TickCount64);

    public void End() => _current = null;

    /// <summary>Says something that stays.</summary>
    public void Say(string text) => _status.Say(text);

    /// <summary>Shows it until everything is sent.</summary>
    public async Task ShowAsync(CancellationToken ended)
    {
        using var ticks = new PeriodicTimer(_status.Period);
        using var ending = ended.UnsafeRegister(static timer => ((PeriodicTimer)timer!).Dispose(), ticks);
        while (await ticks.WaitForNextTickAsync(CancellationToken.None))
        {
            if (_current is { } current)
                _status.Show(Describe(current));
        }

        _status.Clear();
    }

    private static string Describe(Current current)
    {
        var seconds = Math.Max((Environment.TickCount64 - current.Start) / 1e3, 0.001);
        var megabytes = current.Attempt.Sent / 1e6;
        if (current.Attempt.IsAllSent)
            return string.Create(CultureInfo.InvariantCulture, $"{current.Input.Name}  {megabytes:N1} MB sent, waiting for the receipt");
        var text = string.Create(CultureInfo.InvariantCulture, $"{megabytes:N1} MB  {megabytes / seconds:N0} MB/s");
        if (current.Input.Share is not (> 0 and var share))
            return $"{current.Input.Name}  {text}";
        var left = TimeSpan.FromSeconds(Math.Min((1 - share) / share * seconds, 1e6));
        return string.Create(CultureInfo.InvariantCulture, $"{current.Input.Name}  {share,4:P0}  {text}  {(long)left.TotalMinutes}:{left.Seconds:00} left");
    }

    /// <summary>One reference, since two threads look at it.</summary>
    private sealed record Current(InputFile Input, SendAttempt Attempt, long Start);
}
