using Ingest.EndToEnd.Measuring;

namespace Ingest.EndToEnd;

/// <summary>All runs of one workload, as medians.</summary>
internal sealed class Summary(IReadOnlyList<Measurement> runs)
{
    public IReadOnlyList<Measurement> Runs => runs;

    public double Seconds { get; } = Median(runs.Select(r => r.Seconds));

    public long Bytes => runs[0].Bytes;

    public long Lines => runs[0].Lines;

    public long Rows => runs[0].Rows;

    public double MegabytesPerSecond => Bytes / 1e6 / Seconds;

    public double CpuSecondsPerGigabyte { get; } = Median(runs.Select(r => r.CpuSeconds / (r.Bytes / 1e9)));

    /// <summary>By process: processor seconds per GB (per run where no bytes are counted), and the largest peak.</summary>
    public IReadOnlyList<ProcessCost> Costs { get; } =
    [
        .. runs[0].Costs.Select((cost, i) => new ProcessCost(
            cost.Name,
            Median(runs.Select(r => r.Costs[i].CpuSeconds / (r.Bytes > 0 ? r.Bytes / 1e9 : 1))),
            runs.Max(r => r.Costs[i].PeakBytes))),
    ];

    public IReadOnlyDictionary<string, double> Figures { get; } = Collect(runs);

    /// <summary>How many times as fast as this the other one is: the median of the runs, each compared with its neighbour.</summary>
    public double Of(Summary other) => Median(runs.Zip(other.Runs, (mine, others) => others.Rows / others.Seconds / (mine.Rows / mine.Seconds)));

    /// <summary>How many times as long as the other one this takes: the median of the runs, each compared with its neighbour.</summary>
    public double TimesAsLongAs(Summary other) => Median(runs.Zip(other.Runs, (mine, others) => mine.Seconds / others.Seconds));

    private static Dictionary<string, double> Collect(IReadOnlyList<Measurement> runs)
    {
        var figures = runs[0].Figures.Keys.ToDictionary(key => key, key => Median(runs.Select(r => r.Figures[key])));
        double[] times = [.. runs.SelectMany(r => r.Milliseconds).Order()];
        if (times.Length > 0)
        {
            figures["median ms"] = Median(times);
            figures["p99 ms"] = times[Math.Min(times.Length - 1, (int)Math.Ceiling(times.Length * 0.99) - 1)];
        }

        return figures;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
