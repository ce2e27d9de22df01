using System.Diagnostics;

namespace Ingest.EndToEnd;

/// <summary>What became of a workload: a summary, or why there is none.</summary>
/// <param name="Skipped">Why it was not run.</param>
/// <param name="Failure">What went wrong when it was.</param>
internal sealed record Outcome(Workload Workload, Summary? Summary, string? Skipped, string? Failure);

/// <summary>
/// Runs the workloads in rounds, each once in every round, so that whatever disturbs the machine for a while disturbs
/// those that are compared alike.
/// </summary>
internal sealed class Session(Bench bench, IReadOnlyList<Workload> workloads, int rounds)
{
    private readonly Dictionary<Workload, List<Measurement>> _runs = workloads.ToDictionary(w => w, _ => new List<Measurement>());
    private readonly Dictionary<Workload, string> _failures = [];

    public IReadOnlyList<Outcome> Results =>
    [
        .. workloads.Select(w => new Outcome(w, _failures.ContainsKey(w) || _runs[w].Count == 0 ? null : new Summary(_runs[w]), w.Missing, _failures.GetValueOrDefault(w))),
    ];

    public async Task RunAsync()
    {
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var workload in workloads.Where(w => w.Missing is null && !_failures.ContainsKey(w)))
            {
                var watch = Stopwatch.StartNew();
                await Console.Error.WriteAsync($"round {round}/{rounds}  {workload.Name} ");
                try
                {
                    var run = await workload.RunAsync(bench);
                    _runs[workload].Add(run);
                    await Console.Error.WriteLineAsync(FormattableString.Invariant($"{run.Seconds:N2} s, {watch.Elapsed.TotalSeconds:N1} s with all around it"));
                }
#pragma warning disable CA1031 // Whatever it is, the others are still worth measuring, and the exit code tells.
                catch (Exception failure)
#pragma warning restore CA1031
                {
                    _failures[workload] = failure.Message;
                    await Console.Error.WriteLineAsync($"FAILED: {failure}");
                }
            }
        }
    }
}
