using CsCheck;
using Ingest.Gateway.Listening;

namespace Ingest.UnitTests.Gateway;

public class BackoffTests
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    [Fact]
    public void Waits_double_up_to_the_longest_and_begin_anew()
    {
        var backoff = new Backoff(First, Longest);
        var least = new NoChance();
        Assert.Equal([0.5, 1, 2, 4, 5, 5], Enumerable.Range(0, 6).Select(_ => backoff.Next(least).TotalSeconds));
        backoff.Reset();
        Assert.Equal(0.5, backoff.Next(least).TotalSeconds);
    }

    [Fact]
    public void No_wait_is_shorter_than_half_of_the_first_or_longer_than_the_longest() => Gen.Int.Sample(seed =>
    {
        var (backoff, random) = (new Backoff(First, Longest), new Random(seed));
        return Enumerable.Range(0, 50).Select(_ => backoff.Next(random)).All(wait => wait >= First / 2 && wait <= Longest);
    });

    private sealed class NoChance : Random
    {
        public override double NextDouble() => 0;
    }
}
