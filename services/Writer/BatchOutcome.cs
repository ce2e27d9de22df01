using System.Buffers.Binary;
using Ingest.Messaging;

namespace Ingest.Writer;

/// <summary>
/// What a transaction does with a new batch. A row that the database neither wrote nor refused is a duplicate, also where
/// a trigger dropped it: the counts balance by construction.
/// </summary>
internal sealed class BatchOutcome(RowBatch batch)
{
    private readonly long[] _written = new long[batch.Segments.Count];
    private readonly List<Reject> _refused = [];
    private int[]? _offsets;

    public RowBatch Batch => batch;

    /// <summary>The processor's rejects and the rows that the database refused.</summary>
    public IEnumerable<Reject> Rejects => batch.Rejects.Concat(_refused);

    /// <summary>How many rows the database refused.</summary>
    public int Refused => _refused.Count;

    public void Write(int segment, long rows) => _written[segment] += rows;

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

    /// <summary>The tuples of consecutive rows.</summary>
    /// <exception cref="InvalidDataException">The batch's tuples are damaged.</exception>
    public ReadOnlyMemory<byte> Tuples(int first, int rows)
    {
        if (rows == batch.Rows)
            return batch.Tuples;
        _offsets ??= FindOffsets();
        return batch.Tuples[_offsets[first].._offsets[first + rows]];
    }

    private int[] FindOffsets()
    {
        var tuples = batch.Tuples.Span;
        var offsets = new int[batch.Rows + 1];
        var next = 0;
        try
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                offsets[row] = next;
                int fields = BinaryPrimitives.ReadInt16BigEndian(tuples[next..]);
                next += sizeof(short);
                for (var field = 0; field < fields; field++)
                    next += sizeof(int) + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(tuples[next..]));
            }
        }
        catch (ArgumentOutOfRangeException)
        {
            next = -1;
        }

        if (next != tuples.Length)
            throw new InvalidDataException($"The tuples of batch {batch.Id} do not add up to {batch.Rows} rows.");
        offsets[batch.Rows] = next;
        return offsets;
    }
}
