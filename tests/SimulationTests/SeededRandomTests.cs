using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests;

/// <summary>What one part of a run draws says nothing of what another part, or a neighbouring seed, draws.</summary>
public class SeededRandomTests
{
    private const int Seeds = 2_000;
    private const int Draws = 4;

    private static readonly string[] Purposes = ["choices", "scenario", "faults", "chaos", "broker", "database", "writer of writer0.0", "writer of writer0.1"];

    [Fact]
    public void Streams_of_two_purposes_have_nothing_to_do_with_each_other()
    {
        foreach (var (i, one) in Purposes.Index())
        {
            foreach (var other in Purposes[..i])
                AssertUnrelated(seed => new Simulator(seed).CreateRandom(one), seed => new Simulator(seed).CreateRandom(other), $"{one} and {other}");
        }
    }

    [Fact]
    public void Streams_of_neighbouring_seeds_have_nothing_to_do_with_each_other()
    {
        foreach (var purpose in Purposes)
            AssertUnrelated(seed => new Simulator(seed).CreateRandom(purpose), seed => new Simulator(seed + 1).CreateRandom(purpose), purpose);
    }

    [Fact]
    public void A_stream_draws_everything_within_its_bounds_and_nothing_else()
    {
        var random = new SeededRandom(1, "bounds");
        var drawn = Enumerable.Range(0, 1000).Select(_ => random.Next(-2, 3)).ToHashSet();
        Assert.Equal([-2, -1, 0, 1, 2], drawn.Order());
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.InRange(random.NextDouble(), 0, 0.999_999_999_999_999_9));
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.InRange(random.Next(int.MinValue, int.MaxValue), int.MinValue, int.MaxValue - 1));
        Assert.Equal(5, random.Next(5, 5));
    }

    /// <summary>
    /// Each draw of the one against the same of the other: neither do they go together, nor is the way from one to the
    /// other, past the end of their range, the same for all seeds.
    /// </summary>
    private static void AssertUnrelated(Func<int, Random> one, Func<int, Random> other, string who)
    {
        var pairs = Enumerable.Range(0, Seeds).Select(seed => (One: Draw(one(seed)), Other: Draw(other(seed)))).ToArray();
        for (var draw = 0; draw < Draws; draw++)
        {
            var values = pairs.Select(p => (X: p.One[draw], Y: p.Other[draw])).ToArray();
            var correlation = Correlation(values);
            Assert.True(Math.Abs(correlation) < 0.1, $"{who}, draw {draw}: correlation {correlation:0.00}");

            // A tenth of the seeds each, and six standard deviations.
            foreach (var distance in values.CountBy(v => (int)(10 * Fraction(v.X - v.Y + 1))))
                Assert.True(Math.Abs(distance.Value - (Seeds / 10)) < 80, $"{who}, draw {draw}: {distance.Value} seeds with a distance of 0.{distance.Key}");
        }
    }

    private static double[] Draw(Random random) => [.. Enumerable.Range(0, Draws).Select(_ => random.NextDouble())];

    private static double Fraction(double value) => value - Math.Floor(value);

    private static double Correlation((double X, double Y)[] values)
    {
        var (x, y) = (values.Average(v => v.X), values.Average(v => v.Y));
        return values.Sum(v => (v.X - x) * (v.Y - y)) / Math.Sqrt(values.Sum(v => (v.X - x) * (v.X - x)) * values.Sum(v => (v.Y - y) * (v.Y - y)));
    }
}
