using System.Diagnostics.Metrics;
using Ingest.Messaging;

namespace Ingest.Writer.Notices;

/// <summary>What became of the lines that this process has committed: <c>ingest_lines_committed_total</c>.</summary>
internal sealed class CommitMeter : ICommitListener
{
    private static readonly Counter<long> CommittedLines = IngestMetrics.Meter.CreateCounter<long>(
        "ingest.lines.committed", "{line}", "Lines in the ledger, by what became of them.");

    public void Committed(string pipeline, CommittedBatch batch)
    {
        Add(pipeline, "written", batch.Written);
        Add(pipeline, "duplicate", batch.Duplicate);
        Add(pipeline, "filtered", batch.Filtered);
        Add(pipeline, "rejected", batch.Rejected);
    }

    /// <summary>A delivery of what was committed before counts nothing.</summary>
    private static void Add(string pipeline, string outcome, long lines)
    {
        if (lines > 0)
            CommittedLines.Add(lines, new("pipeline", pipeline), new("outcome", outcome));
    }
}
