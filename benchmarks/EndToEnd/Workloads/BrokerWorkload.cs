using Ingest.EndToEnd.Services;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Workloads;

/// <summary>The input through a real ncat and the services (<see cref="BrokerRun"/>).</summary>
internal sealed class BrokerWorkload(string name, Definition definition) : Workload(name, Side.Ours)
{
    public override string? Missing => Ncat.Find() is null ? "no ncat" : null;

    public override Task<Measurement> RunAsync(Bench bench) => new BrokerRun(bench, definition).SendAsync(bench.Input);
}
