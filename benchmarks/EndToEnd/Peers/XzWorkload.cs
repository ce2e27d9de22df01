using System.Globalization;
using Ingest.EndToEnd.Measuring;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Peers;

/// <summary>What unpacking alone costs: xz and wc on one core.</summary>
internal sealed class XzWorkload(string name) : Workload(name, Side.Peer)
{
    public override string? Missing =>
        NativeTools.OnPath("xz") is null ? "no xz" : NativeTools.OnPath("taskset") is null ? "no taskset" : null;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        var (taskset, file) = (NativeTools.OnPath("taskset")!, await bench.PackAsync(blocks: false));
        var result = await CommandLine.RunAsync(
            file,
            Bench.Deadline,
            new Command("xz", taskset, "-c", "0", NativeTools.OnPath("xz")!, "-dc", "-T1"),
            new Command("wc", taskset, "-c", "0", NativeTools.OnPath("wc")!, "-l"));
        WrongResultException.Expect("lines", bench.Input.Lines, long.Parse(result.Output, CultureInfo.InvariantCulture));
        return new Measurement(result.Seconds, bench.Input.Bytes, bench.Input.Lines, 0, result.Costs);
    }
}
