using Ingest.EndToEnd.Measuring;

namespace Ingest.EndToEnd;

/// <summary>Whose work it is.</summary>
internal enum Side
{
    Ours,
    Peer,

    /// <summary>How it would be done without batches.</summary>
    Contrast,
}

/// <summary>Something that is done with the input and measured, again and again.</summary>
/// <param name="name">Short and stable: others choose workloads by it.</param>
internal abstract class Workload(string name, Side side)
{
    public string Name => name;

    public Side Side => side;

    /// <summary>Figures that must hold.</summary>
    public IReadOnlyList<Wanted> Wanted { get; init; } = [];

    /// <summary>Why it cannot be run on this machine; null when it can.</summary>
    public virtual string? Missing => null;

    /// <summary>Runs it once.</summary>
    /// <exception cref="WrongResultException">Its rows or counts are not what they must be.</exception>
    public abstract Task<Measurement> RunAsync(Bench bench);
}

/// <summary>What one run gave.</summary>
/// <param name="Seconds">How long the lines took.</param>
/// <param name="Bytes">Bytes of input that were read; 0 where that is not the point.</param>
/// <param name="Lines">Lines of input that were read.</param>
/// <param name="Rows">Rows in the table at the end.</param>
/// <param name="Costs">What the processes used that did the work; who only sends lines is not among them.</param>
internal sealed record Measurement(double Seconds, long Bytes, long Lines, long Rows, IReadOnlyList<ProcessCost> Costs)
{
    /// <summary>Figures of its own, each by its name with the unit.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();

    /// <summary>Single times in milliseconds, of which all runs' together make percentiles.</summary>
    public IReadOnlyList<double> Milliseconds { get; init; } = [];

    public double CpuSeconds => Costs.Sum(c => c.CpuSeconds);
}

/// <summary>Lines were lost, written twice or not accounted for: no figure counts then.</summary>
internal sealed class WrongResultException(string message) : Exception(message)
{
    public static void Expect(string what, long expected, long actual)
    {
        if (actual != expected)
            throw new WrongResultException(FormattableString.Invariant($"{what}: {actual} instead of {expected}"));
    }
}
