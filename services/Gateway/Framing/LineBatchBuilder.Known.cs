using System.IO.Hashing;
using Ingest.Messaging;

namespace Ingest.Gateway.Framing;

/// <summary>The part that passes over what the ledger holds already: its bytes are hashed and not looked at.</summary>
internal sealed partial class LineBatchBuilder
{
    private const int LongestLineEnd = 2;

    private readonly KnownSegments _known = known ?? KnownSegments.None;

    /// <summary>Segments that may begin here and are not refuted yet; null when the place was not looked up yet.</summary>
    private Queue<KnownSegment>? _candidates;

    /// <summary>Where the batch at hand ends at the latest; null when that was not looked up yet.</summary>
    private long? _nextKnown;

    /// <summary>Bytes at the beginning of the batch that end the line before it, which had no end when it was written.</summary>
    private int _lateLineEnd;

    private bool _inputEnded;

    /// <summary>The input ended before a segment that may begin here.</summary>
    private bool _cutShort;

    /// <summary>Lines passed over because the ledger has them.</summary>
    public long AlreadyLines { get; private set; }

    /// <summary>
    /// The input ends inside a segment that the ledger holds. Whether its last lines are those that were written cannot
    /// be told: a segment's hash covers all of it.
    /// </summary>
    public bool EndsInsideKnown { get; private set; }

    /// <summary>Passes over what is known.</summary>
    /// <returns>False while more bytes are needed to tell.</returns>
    private bool SkipKnown()
    {
        while (_nextKnown is null)
        {
            _candidates ??= new Queue<KnownSegment>(_known.At(_offset).Where(s => s.ByteLength <= _longest));
            if (!_candidates.TryPeek(out var candidate))
            {
                EndsInsideKnown = _cutShort;
                _candidates = null;
                _nextKnown = _known.NextAfter(_offset);
                break;
            }

            switch (Compare((int)candidate.ByteLength, candidate.BatchId))
            {
                case null:
                    return false;
                case true:
                    Skip(candidate);
                    break;
                case false:
                    _candidates.Dequeue();
                    break;
            }
        }

        return true;
    }

    /// <summary>Null while more bytes are needed to tell.</summary>
    private bool? Compare(int length, Guid batchId)
    {
        var held = Span[_start.._end];
        if (held.Length < length)
        {
            _cutShort = _inputEnded && held.Length > 0;
            return _inputEnded ? false : null;
        }

        // One that ended without a line end is the same only if its line ends there now, or still does not go on.
        var isWhole = held[length - 1] == '\n';
        if (!isWhole && !_inputEnded && held.Length < Math.Min(length + LongestLineEnd, _longest))
            return null;
        var hash = XxHash128.HashToUInt128(held[..length]);
        if (source.BatchId(_offset, hash) != batchId && source.BatchId(_offset, hash ^ (UInt128)(byte)RejectReason.LineTooLong) != batchId)
            return false;
        return isWhole || held.Length == length || LineEndLength(held[length..]) > 0;
    }

    private void Skip(KnownSegment segment)
    {
        var length = (int)segment.ByteLength;
        _lateLineEnd = Span[_start + length - 1] == '\n' ? 0 : LineEndLength(Span[(_start + length).._end]);
        _start += length;
        _cut = _scanned = _start + _lateLineEnd;
        _offset += length;
        _firstLine = _nextLine = segment.NextLine;
        _totalLines += segment.Lines;
        AlreadyLines += segment.Lines;
        _wasFull |= length > CutBytes / 2;
        _candidates = null;
        _cutShort = false;
    }

    private static int LineEndLength(ReadOnlySpan<byte> bytes) => bytes.StartsWith("\r\n"u8) ? 2 : bytes.StartsWith("\n"u8) ? 1 : 0;

    /// <summary>Whether the lines at hand end where a known segment begins.</summary>
    private bool EndsAtKnown()
    {
        var place = _offset + (_cut - _start);
        if (place > _nextKnown)
            _nextKnown = _known.NextAfter(place - 1);
        return place == _nextKnown;
    }
}
