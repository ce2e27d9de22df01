using Ingest.EndToEnd.Inputs;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Workloads;

/// <summary>The input through a real ncat and the services (<see cref="BrokerRun"/>).</summary>
/// <param name="name">The row's.</param>
/// <param name="definition">The pipeline.</param>
/// <param name="warm">Whether the services have worked before, or were just started.</param>
internal sealed class BrokerWorkload(string name, Definition definition, bool warm = true) : Workload(name, Side.Ours)
{
    private const long QuickWarmUpLines = 10_000;

    /// <summary>
    /// What is used often is compiled once more meanwhile: two gigabytes, since a writer has few transactions in each where
    /// the filter is pushed down.
    /// </summary>
    private const int WarmUps = 4;

    public override string? Missing => Ncat.Find() is null ? "no ncat" : null;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        IEnumerable<Input> before = warm ? bench.Quick ? [await bench.SliceAsync(QuickWarmUpLines)] : Enumerable.Repeat(bench.Input, WarmUps) : [];
        return await new BrokerRun(bench, definition) { WarmUps = [.. before] }.SendAsync(bench.Input);
    }
}
