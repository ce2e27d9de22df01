using System.IO.Hashing;
using Ingest.Messaging;

namespace Ingest.Gateway.Framing;

/// <summary>The part that makes a batch of what was cut, with its id and its segment.</summary>
internal sealed partial class LineBatchBuilder
{
    private LineBatch TakeLines(bool handOver, Func<SourceEnd>? end)
    {
        var length = _cut - _start;
        var markLength = MarkLength(_cut);
        var id = source.BatchId(_offset, source.Replayable ? XxHash128.HashToUInt128(Span[_start.._cut]) : default);

        // The id is made from what came, and what is left of it is sent.
        var (first, left, filtered) = (_start + markLength, length - markLength, 0);
        if (filter is not null && left is > 0 and <= CutBytes)
            left = filter.Compact(_buffer!.Array.AsSpan(first, left), out filtered);
        PooledMemory? owner = null;
        ReadOnlyMemory<byte> lines = default;
        if (left > 0)
        {
            if (handOver && left * 2 >= _buffer!.Array.Length)
            {
                (owner, var tail) = (_buffer, _end - _cut);
                lines = owner.Array.AsMemory(first, left);
                _buffer = tail == 0 ? null : PooledMemory.Rent(Math.Max(tail, LikelySize));
                owner.Array.AsSpan(_cut, tail).CopyTo(_buffer is null ? default : _buffer.Array);
                _scanned -= _cut;
                (_start, _cut, _end) = (0, 0, tail);
            }
            else
            {
                owner = PooledMemory.Rent(left);
                lines = owner.Memory;
                Span.Slice(first, left).CopyTo(owner.Array);
                _start = _cut;
            }
        }
        else
        {
            _start = _cut;
        }

        Segment[] segments = [];
        if (length > 0)
            segments = [CloseSegment(length, lines.Length, filtered, rejected: 0)];
        return new LineBatch
        {
            Id = id,
            Pipeline = source.Pipeline.Name,
            Definition = source.Pipeline.Version,
            Replayable = source.Replayable,
            Segments = segments,
            Ends = end is null ? [] : [end()],
            Lines = lines,
        }.Owning(owner);
    }

    private LineBatch TakeOverlong(Func<SourceEnd>? end)
    {
        var line = _overlong!;
        _overlong = null;
        // A corrupt tail is another batch than the same bytes as a line or none as the source's end.
        var id = source.BatchId(_offset, line.Hash ^ (UInt128)(byte)line.Reason);
        var number = _nextLine++;
        _lines = 1;
        var segment = CloseSegment(line.Dropped, 0, filtered: 0, rejected: 1);
        return new LineBatch
        {
            Id = id,
            Pipeline = source.Pipeline.Name,
            Definition = source.Pipeline.Version,
            Replayable = source.Replayable,
            Segments = [segment],
            Rejects =
            [
                new Reject
                {
                    Segment = 0,
                    Line = number,
                    Reason = line.Reason,
                    Detail = line.Detail ?? $"the line is {line.Length} bytes long, the limit (max_line_bytes) is {source.Pipeline.MaxLineBytes}",
                    Raw = line.Prefix,
                    RawLength = line.Length,
                },
            ],
            Ends = end is null ? [] : [end()],
        };
    }

    private Segment CloseSegment(long byteLength, int payloadLength, int filtered, int rejected)
    {
        var segment = new Segment
        {
            SourceId = source.Id,
            Source = source.Name,
            FirstLine = _firstLine,
            NextLine = _nextLine,
            ByteOffset = _offset,
            ByteLength = byteLength,
            Lines = _lines,
            PayloadLength = payloadLength,
            Filtered = filtered,
            Rejected = rejected,
        };
        _offset += byteLength;
        _firstLine = _nextLine;
        _totalLines += _lines;
        _lines = 0;
        _lateLineEnd = 0;
        _nextKnown = null;
        return segment;
    }
}
