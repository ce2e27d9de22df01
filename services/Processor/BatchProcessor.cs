using Ingest.Messaging;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Rows;
using Ingest.Pipelines.Scanning;

namespace Ingest.Processor;

/// <summary>
/// Makes one <see cref="RowBatch"/> of each <see cref="LineBatch"/>, also when nothing is left of it: that is the
/// accounting. The rejects borrow their raw lines from the line batch. Not for concurrent use.
/// </summary>
internal sealed class BatchProcessor(CompiledPipeline pipeline)
{
    private readonly RowBuilder _rows = new(pipeline);

    /// <summary>
    /// Bytes of rows in one batch. Lines that fit a batch fit this many times over, but a number of nine characters can
    /// ask for 131,072 digits; and RabbitMQ takes no message over 16 MiB, in which there may be a batch of rejects besides.
    /// </summary>
    private const int MostTupleBytes = 13 * 1024 * 1024;

    /// <summary>The next batch's are about as many.</summary>
    private int _lastTupleBytes;
    private bool _linesMayExhaust = true;

    /// <summary>Like <see cref="Process"/>, but also a line that asks for more memory than there is becomes a reject.</summary>
    public RowBatch ProcessLineByLine(LineBatch batch)
    {
        _linesMayExhaust = false;
        return Process(batch);
    }

    public RowBatch Process(LineBatch batch)
    {
        using var tuples = new TupleWriter(_lastTupleBytes) { MaxBytes = MostTupleBytes };
        var rowLines = new List<long>();
        var rejects = new List<Reject>(batch.Rejects);
        var segments = new Segment[batch.Segments.Count];
        var offset = 0;
        for (var i = 0; i < segments.Length; i++)
        {
            var segment = batch.Segments[i];
            var (rowsBefore, rejectsBefore, filtered) = (rowLines.Count, rejects.Count, segment.Filtered);
            var payload = batch.Lines.Span.Slice(offset, segment.PayloadLength);
            var lines = _rows.Read(payload, segment.FirstLine);
            while (lines.MoveNext())
            {
                switch (Add(lines, tuples))
                {
                    case Verdict.Kept:
                        rowLines.Add(lines.Number);
                        break;
                    case Verdict.Filtered:
                        filtered++;
                        break;
                    default:
                        rejects.Add(CreateReject(i, lines.Number, batch.Lines.Slice(offset + lines.Offset, lines.Line.Length)));
                        break;
                }
            }

            segments[i] = segment with
            {
                PayloadLength = 0,
                Filtered = filtered,
                Rejected = segment.Rejected + rejects.Count - rejectsBefore,
                Rows = rowLines.Count - rowsBefore,
            };
            offset += segment.PayloadLength;
        }

        _lastTupleBytes = tuples.Length;
        var owner = tuples.Detach();
        return new RowBatch
        {
            Id = batch.Id,
            Pipeline = batch.Pipeline,
            Definition = pipeline.Definition.Version,
            Columns = pipeline.Columns,
            Segments = segments,
            Rejects = rejects,
            Ends = batch.Ends,
            RowLines = rowLines,
            Tuples = owner.Memory,
        }.Owning(owner);
    }

    private LineRefusal Refusal { get; set; }

    private Verdict Add(in LineCursor line, TupleWriter tuples)
    {
        var before = tuples.Length;
        try
        {
            var verdict = _rows.Add(line, tuples);
            Refusal = _rows.Refusal;
            return verdict;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException || !_linesMayExhaust)
        {
            // A fault of ours on one line must not cost the others.
            tuples.Rewind(before);
            Refusal = new(RejectReason.InternalError, null, $"{fault.GetType().Name}: {fault.Message}");
            return Verdict.Rejected;
        }
    }

    private Reject CreateReject(int segment, long number, ReadOnlyMemory<byte> line) => new()
    {
        Segment = segment,
        Line = number,
        Reason = Refusal.Reason,
        Column = Refusal.Column,
        Detail = Refusal.Detail,
        Raw = Refusal.Reason == RejectReason.LineTooLong ? line[..Math.Min(line.Length, Reject.PrefixBytes)] : line,
        RawLength = line.Length,
    };
}
