using Ingest.Messaging;
using Ingest.Pipelines.Definition;

namespace Ingest.Gateway.Framing;

/// <summary>
/// Joins what the filter has left of a live source's consecutive batches, until it is worth a message. A batch of which
/// most is left goes on as it came, without a copy. Not for concurrent use.
/// </summary>
internal sealed class BatchJoiner(PipelineDefinition pipeline) : IDisposable
{
    /// <summary>What one batch may cover of its source, so that no receipt and no resending hangs on much more.</summary>
    public const long MostSourceBytes = 64 * 1024 * 1024;

    private readonly int _mostLines = LinesPerBatch.Of(pipeline);

    /// <summary>What was joined so far, but for its lines once they are more than one batch's.</summary>
    private LineBatch? _joined;
    private PooledMemory? _lines;
    private int _length;

    public bool IsEmpty => _joined is null;

    /// <summary>It cannot grow, or is not worth waiting any longer.</summary>
    public bool IsFull => _joined is { } joined
        && (_length >= LineBatchBuilder.CutBytes / 2
            || joined.Rejects.Count > 0
            || joined.Ends.Count > 0
            || joined.Segments.Any(s => s.ByteLength >= MostSourceBytes || Left(s) >= _mostLines));

    /// <summary>Whether the batch can be joined; if not, take what is there first.</summary>
    public bool Fits(LineBatch batch)
    {
        if (_joined is not { } joined)
            return true;
        return batch.Rejects.Count == 0
            && _length + batch.Lines.Length <= LineBatchBuilder.CutBytes
            && joined.Segments.Concat(batch.Segments).Sum(Left) <= _mostLines;
    }

    /// <summary>Takes a batch over that follows what is there.</summary>
    public void Add(LineBatch batch)
    {
        if (_joined is null)
        {
            (_joined, _length) = (batch, batch.Lines.Length);
            return;
        }

        var first = _joined;
        Reserve(_length + batch.Lines.Length);
        batch.Lines.Span.CopyTo(_lines!.Array.AsSpan(_length));
        _length += batch.Lines.Length;
        _joined = Header(first, Join(first.Segments, batch.Segments), batch.Ends);
        first.Dispose();
        batch.Dispose();
    }

    /// <summary>Hands over what is there.</summary>
    public LineBatch Take()
    {
        var (joined, lines) = (_joined!, _lines);
        (_joined, _lines) = (null, null);
        if (lines is null)
            return joined;
        var whole = lines;
        if (_length * 2 < lines.Array.Length)
        {
            whole = PooledMemory.Rent(_length);
            lines.Array.AsSpan(0, _length).CopyTo(whole.Array);
            lines.Dispose();
        }

        return Header(joined, joined.Segments, joined.Ends, whole.Array.AsMemory(0, _length)).Owning(whole);
    }

    public void Dispose()
    {
        _joined?.Dispose();
        _lines?.Dispose();
        (_joined, _lines) = (null, null);
    }

    /// <summary>Makes room for so many bytes in a buffer of its own.</summary>
    private void Reserve(int length)
    {
        if (_lines?.Array.Length >= length)
            return;
        var larger = PooledMemory.Rent(Math.Min(LineBatchBuilder.CutBytes, Math.Max(LineBatchBuilder.Floor, length * 2)));
        (_lines is null ? _joined!.Lines.Span : _lines.Array.AsSpan(0, _length)).CopyTo(larger.Array);
        _lines?.Dispose();
        _lines = larger;
    }

    private static LineBatch Header(
        LineBatch first, IReadOnlyList<Segment> segments, IReadOnlyList<SourceEnd> ends, ReadOnlyMemory<byte> lines = default) => new()
        {
            Id = first.Id,
            Pipeline = first.Pipeline,
            Definition = first.Definition,
            Segments = segments,
            Ends = ends,
            Lines = lines,
        };

    /// <summary>One segment for both, since one follows the other. The end of a source may come without one.</summary>
    private static IReadOnlyList<Segment> Join(IReadOnlyList<Segment> before, IReadOnlyList<Segment> after) => (before, after) switch
    {
        ([var first], [var second]) =>
        [
            first with
            {
                NextLine = second.NextLine,
                ByteLength = first.ByteLength + second.ByteLength,
                Lines = first.Lines + second.Lines,
                PayloadLength = first.PayloadLength + second.PayloadLength,
                Filtered = first.Filtered + second.Filtered,
            },
        ],
        ([], _) => after,
        _ => before,
    };

    /// <summary>Lines that may become rows.</summary>
    private static int Left(Segment segment) => segment.Lines - segment.Filtered;
}
