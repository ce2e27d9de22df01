using Ingest.Messaging;

namespace Ingest.Writer;

/// <summary>
/// What a transaction did with a new batch. A row that the database neither wrote nor refused is a duplicate, also where
/// a trigger dropped it: the counts balance by construction.
/// </summary>
internal sealed class BatchOutcome(RowBatch batch)
{
    private readonly long[] _written = new long[batch.Segments.Count];
    private readonly List<Reject> _refused = [];

    public RowBatch Batch => batch;

    /// <summary>The processor's rejects and the rows that the database refused.</summary>
    public IEnumerable<Reject> Rejects => batch.Rejects.Concat(_refused);

    public void Write(int segment, long rows) => _written[segment] += rows;

    public void WriteAll()
    {
        for (var i = 0; i < _written.Length; i++)
            _written[i] = batch.Segments[i].Rows;
    }

    public void Refuse(Reject reject) => _refused.Add(reject);

    public SegmentCounts[] Counts()
    {
        var counts = new SegmentCounts[_written.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            var segment = batch.Segments[i];
            var refused = _refused.Count(r => r.Segment == i);
            counts[i] = new SegmentCounts(
                segment.SourceId, segment.Lines, _written[i], segment.Rows - refused - _written[i], segment.Filtered, segment.Rejected + refused);
        }

        return counts;
    }
}
