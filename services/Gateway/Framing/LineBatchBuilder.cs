using Ingest.Gateway.Filtering;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;

namespace Ingest.Gateway.Framing;

/// <summary>
/// Cuts one source's bytes into batches of whole lines. Bytes are received straight into the buffer that becomes the
/// batch; what follows the last line end moves to the next buffer. Where a batch is cut depends on the bytes alone,
/// never on how they arrived: at the last line end within <see cref="CutBytes"/>, and a longer line stands alone.
/// </summary>
/// <remarks>
/// Use: <see cref="GetMemory"/>, receive, <see cref="Advance"/>, then <see cref="Take"/> while <see cref="IsFull"/>.
/// Not for concurrent use.
/// </remarks>
internal sealed partial class LineBatchBuilder(
    Source source, TimeProvider time, KnownSegments? known = null, PushedFilter? filter = null) : IDisposable
{
    /// <summary>How long a batch may be. Part of how ids of replayable sources are made, hence no option.</summary>
    public const int CutBytes = LineBatch.LongestBytes;

    /// <summary>The smallest buffer.</summary>
    public const int Floor = 4 * 1024;

    /// <summary>How much is received at a time, so that it is still in the core's own cache when it is looked through.</summary>
    private const int LongestReceive = 128 * 1024;

    /// <summary>The same into a line that is longer than a batch.</summary>
    private const int LongLineStep = 64 * 1024;
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private readonly int _mostLines = LinesPerBatch.Of(source.Pipeline);

    private readonly int _longest = LongestBuffer(source.Pipeline);

    private int _limit = LongestBuffer(source.Pipeline);
    private PooledMemory? _buffer;
    private int _start;
    private int _cut;
    private int _scanned;
    private int _end;

    private long _offset;
    private long _firstLine = 1;
    private long _nextLine = 1;
    private int _lines;
    private long _totalLines;
    private bool _wasFull;
    private OverlongLine? _overlong;

    /// <summary>The batch cannot grow; take it before receiving more.</summary>
    public bool IsFull { get; private set; }

    public bool HasWholeLines => _cut > _start;

    /// <summary>Bytes in the buffer.</summary>
    public int Held => _end - _start;

    /// <summary>The buffer, as the pool of arrays made it.</summary>
    public int BufferBytes => _buffer?.Array.Length ?? 0;

    public int Longest => _longest;

    /// <summary>A batch was full before; the next is likely to be.</summary>
    public bool WasFull => _wasFull;

    /// <summary>
    /// How large the buffer may be: <see cref="Floor"/>, <see cref="CutBytes"/> or <see cref="Longest"/>, which it is
    /// unless said otherwise. What is held must fit.
    /// </summary>
    public int Limit
    {
        get => _limit;
        set
        {
            _limit = value;
            if (Held == 0)
                ReleaseBuffer();
            else if (value < _longest && BufferBytes > value)
                MoveTo(PooledMemory.Rent(value));
        }
    }

    /// <summary>More can be received within the limit.</summary>
    public bool HasRoom => _limit == _longest || Held < _limit;

    /// <summary>True when nothing is held, not even a part of a line.</summary>
    public bool IsEmpty => _end == _start && _overlong is null;

    public long TotalLines => _totalLines;

    /// <summary>The number of the line that is being received.</summary>
    public long NextLine => _nextLine;

    /// <summary>Bytes of the source that batches cover so far; what is held besides is not taken yet.</summary>
    public long TotalBytes => _offset;

    /// <summary>The longest buffer of a pipeline. A line that fills it, with its line end and a byte order mark, is too long.</summary>
    public static int LongestBuffer(PipelineDefinition pipeline) => Math.Max(CutBytes, pipeline.MaxLineBytes + 2 + 3);

    /// <summary>Where to receive the next bytes; there must be room for them.</summary>
    public Memory<byte> GetMemory()
    {
        var held = Held;
        if (_buffer is null)
            _buffer = PooledMemory.Rent(LikelySize);
        else if (_buffer.Array.Length < LikelySize)
            MoveTo(PooledMemory.Rent(LikelySize));
        else if (_buffer.Array.Length > CutBytes && held <= CutBytes / 2)
            MoveTo(PooledMemory.Rent(CutBytes));
        else if (_start > 0 && held <= _buffer.Array.Length / 2)
            MoveTo(_buffer);
        else if (_end == _buffer.Array.Length)
            MoveTo(PooledMemory.Rent(NextSize(held)));

        var room = Math.Min(_buffer.Array.Length - _end, held < CutBytes ? Math.Min(CutBytes - held, LongestReceive) : LongLineStep);
        return _buffer.Array.AsMemory(_end, room);
    }

    /// <summary>Gives the buffer back, which must be empty.</summary>
    public void ReleaseBuffer()
    {
        _buffer?.Dispose();
        _buffer = null;
        _start = _cut = _scanned = _end = 0;
    }

    /// <summary>So many bytes have been received.</summary>
    public void Advance(int count)
    {
        _end += count;
        Scan();
    }

    /// <summary>No more bytes come: what was waiting for them is looked at without. Take batches while it is full.</summary>
    public void EndInput()
    {
        _inputEnded = true;
        Scan();
    }

    /// <summary>Hands over the full batch.</summary>
    public LineBatch Take()
    {
        IsFull = false;
        _wasFull = true;
        var batch = _overlong is { IsEnded: true } ? TakeOverlong(null) : TakeLines(handOver: true, null);
        Scan();
        return batch;
    }

    /// <summary>Copies the whole lines so far into a batch of their own, and keeps the buffer for what follows them.</summary>
    public LineBatch TakeWholeLines() => TakeLines(handOver: false, null);

    /// <summary>The source's orderly end: what is left, an unterminated last line included, and the end record.</summary>
    public IEnumerable<LineBatch> Complete()
    {
        if (_overlong is not null)
        {
            _overlong.IsEnded = true;
            _overlong.Append(Span[_start.._end], 0);
            _start = _cut = _scanned = _end;
            yield return TakeOverlong(End);
            yield break;
        }

        var tail = _end - _cut;
        if (tail > 0)
        {
            // A file that grows would cut its former last line elsewhere: on its own it changes no other batch.
            if (source.Replayable && HasWholeLines)
                yield return TakeLines(handOver: false, null);
            AcceptLine(_end, terminated: false);
        }

        yield return TakeLines(handOver: true, End);
    }

    /// <summary>The source broke off: its whole lines and the end record; the part of a line is no line.</summary>
    public LineBatch Abandon()
    {
        _overlong = null;
        _end = _cut;
        return TakeLines(handOver: true, End);
    }

    /// <summary>The source's bytes turned out to be corrupt: its whole lines, and one reject that holds the cut tail.</summary>
    public IEnumerable<LineBatch> CompleteCorrupt(string detail)
    {
        if (HasWholeLines)
            yield return TakeLines(handOver: false, null);
        _overlong ??= new OverlongLine(MarkLength(_end));
        _overlong.IsEnded = true;
        _overlong.Append(Span[_start.._end], 0);
        _overlong.Reason = RejectReason.CorruptInput;
        _overlong.Detail = detail;
        _start = _cut = _scanned = _end;
        yield return TakeOverlong(End);
    }

    public void Dispose() => ReleaseBuffer();

    private ReadOnlySpan<byte> Span => _buffer is null ? default : _buffer.Array;

    private SourceEnd End() =>
        new(source.Id, source.Name, _totalLines, _nextLine - 1, _offset, time.GetUtcNow());

    /// <summary>Looks for line ends in what has not been looked at, until the batch is full.</summary>
    private void Scan()
    {
        if (!IsFull && !SkipKnown())
            return;
        while (!IsFull && _scanned < _end)
        {
            var lineEnd = Span[_scanned.._end].IndexOf((byte)'\n');
            if (lineEnd < 0)
            {
                _scanned = _end;
                break;
            }

            lineEnd += _scanned + 1;
            if (_overlong is not null || (!HasWholeLines && lineEnd - _start > _longest))
            {
                // The same as if the line had been dropped before its end arrived.
                _overlong ??= new OverlongLine(MarkLength(lineEnd));
                _overlong.Append(Span[_start..lineEnd], 1);
                _overlong.IsEnded = true;
                _start = _cut = _scanned = lineEnd;
                IsFull = true;
            }
            else if (HasWholeLines && lineEnd - _start > CutBytes)
            {
                IsFull = true;
            }
            else
            {
                AcceptLine(lineEnd, terminated: true);
                IsFull = _lines == _mostLines || _cut - _start >= CutBytes || EndsAtKnown();
            }
        }

        if (IsFull)
            return;
        // The part of a line at the end does not fit any more, or there is only a part.
        if (HasWholeLines)
            IsFull = Held >= CutBytes;
        else if (Held >= _longest || (_overlong is not null && Held > 0))
            Drop();
    }

    private void AcceptLine(int lineEnd, bool terminated)
    {
        var line = Span[_cut..(terminated ? lineEnd - 1 : lineEnd)];
        if (_cut == _start)
            line = line[MarkLength(lineEnd)..];
        _scanned = _cut = lineEnd;
        _nextLine++;
        if (!LineReader.IsBlank(line))
            _lines++;
    }

    /// <summary>Forgets the bytes of a line that is too long, but for its length, its hash and its first bytes.</summary>
    private void Drop()
    {
        _overlong ??= new OverlongLine(MarkLength(_end));
        _overlong.Append(Span[_start.._end], 0);
        _start = _cut = _scanned = _end = 0;
    }

    /// <summary>
    /// How many of the bytes up to the given place are no part of a line: the byte order mark at the source's start, or
    /// the end of a line that earlier had none.
    /// </summary>
    private int MarkLength(int end) =>
        _offset == 0 && Span[_start..end].StartsWith(ByteOrderMark) ? ByteOrderMark.Length : Math.Min(_lateLineEnd, end - _start);

    /// <summary>What a buffer begins with.</summary>
    private int LikelySize => _wasFull ? Math.Min(CutBytes, _limit) : Floor;

    private int NextSize(int held) =>
        Math.Min(_limit, held < CutBytes ? Math.Min(CutBytes, Math.Max(Floor, held * 2)) : Math.Min(_longest, held * 2));

    /// <summary>Brings what is held to the beginning of a buffer, which may be the same one.</summary>
    private void MoveTo(PooledMemory target)
    {
        var held = Span[_start.._end];
        held.CopyTo(target.Array);
        if (target != _buffer)
            _buffer!.Dispose();
        _buffer = target;
        _cut -= _start;
        _scanned -= _start;
        _end -= _start;
        _start = 0;
    }
}
