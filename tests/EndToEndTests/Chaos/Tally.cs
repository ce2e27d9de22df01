using System.Collections.Concurrent;
using System.Diagnostics;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>What a run did and found, and the log of its steps.</summary>
internal sealed class Tally(Action<string> print)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly ConcurrentDictionary<(string Victim, string Fault), int> _faults = new();
    private readonly ConcurrentDictionary<string, int> _receipts = new();
    private readonly ConcurrentQueue<ReceiptedRun> _runs = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private long _linesSent;
    private int _unanswered;

    /// <summary>The faults that have begun.</summary>
    public Milestones Faults { get; } = new();

    /// <summary>The receipts that have come.</summary>
    public Milestones Receipts { get; } = new();

    public IEnumerable<ReceiptedRun> Runs => _runs;

    public IReadOnlyCollection<string> Violations => _violations;

    public void Log(string step)
    {
        var line = $"{_watch.Elapsed.TotalSeconds,7:0.0} {step}";
        lock (_watch)
            print(line);
    }

    public void Struck(string victim, string fault, string detail = "")
    {
        _faults.AddOrUpdate((victim, fault), 1, (_, count) => count + 1);
        Log($"{fault} {victim} {detail}");
        Faults.Pass();
    }

    public void Sent(int lines) => Interlocked.Add(ref _linesSent, lines);

    /// <summary>A source that got no receipt; its lines are sent again.</summary>
    public void Unanswered() => Interlocked.Increment(ref _unanswered);

    public void Receipted(string state, ReceiptedRun run)
    {
        _receipts.AddOrUpdate(state, 1, (_, count) => count + 1);
        _runs.Enqueue(run);
        if (state == "interrupted")
            Log($"interrupted after {run.Lines} lines: {run}");
        Receipts.Pass();
    }

    public void Violated(string what)
    {
        _violations.Enqueue(what);
        Log($"VIOLATION {what}");
    }

    public int Count(string fault) => _faults.Where(f => f.Key.Fault == fault).Sum(f => f.Value);

    public override string ToString() => string.Join('\n',
    [
        $"{Count("kill")} kills, {Count("pause")} pauses, {Count("stop")} stops",
        .. _faults.OrderBy(f => f.Key).GroupBy(f => f.Key.Victim, (victim, faults) => $"  {victim}: {string.Join(", ", faults.Select(f => $"{f.Key.Fault} {f.Value}"))}"),
        $"{_linesSent} lines sent, {_runs.Sum(r => r.Lines)} receipted, {_unanswered} attempts without a receipt",
        $"receipts: {string.Join(", ", _receipts.Select(r => $"{r.Key} {r.Value}"))}",
    ]);
}
