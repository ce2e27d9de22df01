using System.Collections.Concurrent;
using Ingest.Messaging;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ingest.ServiceDefaults;

/// <summary>What the stages of this process say of themselves; the process is ready while none complains.</summary>
public sealed class StageHealth : IHealthCheck, IQueueProblems
{
    private readonly ConcurrentDictionary<string, StageProblem> _problems = new();

    /// <summary>Raised when a stage reports a problem that it did not report before.</summary>
    public event Action<StageProblem>? Reported;

    /// <summary>Raised with pipeline and batch id when a batch went to a dead queue.</summary>
    public event Action<string, string>? Buried;

    public IReadOnlyCollection<StageProblem> Problems => [.. _problems.Values];

    /// <returns>True when the problem is a new one, so that it is logged once and not with each attempt.</returns>
    public bool Report(StageProblem problem)
    {
        var known = _problems.TryGetValue(problem.Stage, out var earlier) && earlier == problem;
        _problems[problem.Stage] = problem;
        if (!known)
            Reported?.Invoke(problem);
        return !known;
    }

    /// <returns>True when there was a problem.</returns>
    public bool Resolve(string stage) => _problems.TryRemove(stage, out _);

    void IQueueProblems.Report(string place, string message, bool needsHelp) => Report(new StageProblem(place, message, needsHelp));

    void IQueueProblems.Resolve(string place) => Resolve(place);

    void IQueueProblems.Buried(string pipeline, string batchId) => Buried?.Invoke(pipeline, batchId);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_problems.IsEmpty
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(string.Join("; ", _problems.Values.Select(p => p.Message))));
}

/// <param name="Stage">Which stage of which pipeline.</param>
/// <param name="Message">What is wrong and what to do.</param>
/// <param name="NeedsHelp">True when waiting does not help: somebody must change something.</param>
public sealed record StageProblem(string Stage, string Message, bool NeedsHelp);
