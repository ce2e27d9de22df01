using System.Runtime.InteropServices;

namespace Ingest.EndToEnd.Reports;

/// <summary>A figure that must hold, and what it is.</summary>
/// <param name="Measured">Null when its peer was not measured.</param>
internal sealed record Check(Wanted Wanted, double? Measured)
{
    public bool? Holds => Measured is { } measured ? Wanted.Holds(measured) : null;
}

/// <summary>All that a report says, whatever it looks like.</summary>
internal sealed class Report(Bench bench, int runs, IReadOnlyList<Outcome> outcomes)
{
    public Bench Bench => bench;

    public int Runs => runs;

    public IReadOnlyList<Outcome> Outcomes => outcomes;

    public static string Machine { get; } =
        $"{Environment.ProcessorCount} cores, {Processor()}, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    public IReadOnlyList<Check> Checks(Outcome outcome) => outcome.Summary is null
        ? []
        : [.. outcome.Workload.Wanted.Select(w => new Check(w, Measure(w, outcome.Summary)))];

    private double? Measure(Wanted wanted, Summary ours)
    {
        var peer = wanted.Peer is null ? null : outcomes.FirstOrDefault(o => o.Workload.Name == wanted.Peer)?.Summary;
        return wanted.Measure(ours, peer);
    }

    private static string Processor()
    {
        const string info = "/proc/cpuinfo";
        return File.Exists(info) && File.ReadLines(info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();
    }
}
