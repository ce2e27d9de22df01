using Ingest.SimulationTests.Scenarios;
namespace Ingest.SimulationTests;
public class StatsTests
{
    [Fact]
    public void Stats()
    {
        var rs = Enumerable.Range(0, 400).Select(s => { var w = System.Diagnostics.Stopwatch.StartNew(); var r = SimulationRun.Run(s); return (r.Steps, w.Elapsed.TotalMilliseconds, Seed: s); }).ToList();
        var o = TestContext.Current.TestOutputHelper!;
        var steps = rs.Select(r => r.Steps).Order().ToList();
        var ms = rs.Skip(50).Select(r => r.TotalMilliseconds).Order().ToList();
        o.WriteLine($"steps median {steps[200]} 10% {steps[40]} 90% {steps[360]} max {steps[^1]}; ms median {ms[175]:0.0} mean {ms.Average():0.0} 90% {ms[315]:0.0} max {ms[^1]:0.0}");
        foreach (var r in rs.OrderByDescending(r => r.TotalMilliseconds).Take(8)) o.WriteLine(r.ToString());
    }
}
