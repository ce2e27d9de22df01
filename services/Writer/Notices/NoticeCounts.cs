using Ingest.ServiceDefaults.Control;

namespace Ingest.Writer.Notices;

/// <summary>A committed batch as the gateways hear of it.</summary>
internal static class NoticeCounts
{
    public static BatchCounts ToCounts(this CommittedBatch batch) => new()
    {
        BatchId = batch.Id,
        Sources = [.. batch.Segments.Select(s => new SourceCounts(s.SourceId, s.Lines, s.Written, s.Duplicate, s.Filtered, s.Rejected))],
    };
}
