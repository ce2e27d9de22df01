namespace Ingest.Gateway.Listening;

/// <summary>Waits that double from the first to the longest, each shortened by up to half at random.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private int _doublings;

    public TimeSpan Next(Random random)
    {
        var wait = first * Math.Pow(2, _doublings);
        if (wait < longest)
            _doublings++;
        else
            wait = longest;
        return wait * (0.5 + (random.NextDouble() / 2));
    }

    /// <summary>Things went well: the next wait is the first again.</summary>
    public void Reset() => _doublings = 0;
}
