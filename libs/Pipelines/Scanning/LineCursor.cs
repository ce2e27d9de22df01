using System.Runtime.CompilerServices;
using Ingest.Messaging;

namespace Ingest.Pipelines.Scanning;

/// <summary>
/// Walks through the lines of one segment as <see cref="LineReader"/> does, and indexes each on the way. There is one
/// index to a scanner, so that only the line that the last cursor stands at can be scanned.
/// </summary>
public ref struct LineCursor
{
    private readonly LineScanner _scanner;
    private readonly ReadOnlySpan<byte> _lines;

    /// <summary>How much of the segment consists of lines that end in LF.</summary>
    private readonly int _terminated;
    private int _next;
    private long _nextNumber;

    internal LineCursor(LineScanner scanner, ReadOnlySpan<byte> lines, long firstLine)
    {
        _scanner = scanner;
        _lines = lines;
        _nextNumber = firstLine;
        _terminated = lines.LastIndexOf((byte)'\n') + 1;
    }

    /// <summary>Where the line begins in the segment's bytes.</summary>
    public int Offset { get; private set; }

    /// <summary>Where the line after it begins, or the segment ends.</summary>
    internal readonly int Next => Math.Min(_next, _lines.Length);

    /// <summary>The line's number in its source.</summary>
    public long Number { get; private set; }

    /// <summary>The line without its line end.</summary>
    public ReadOnlySpan<byte> Line { get; private set; }

    /// <summary>Begins with the line and holds an LF after it.</summary>
    internal ReadOnlySpan<byte> Text { get; private set; }

    /// <summary>Goes to the next line that is not blank.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool MoveNext()
    {
        while (_next < _lines.Length)
        {
            (Offset, Number) = (_next, _nextNumber++);

            // What the gateway's filter leaves of a line, many times in a row.
            if (_lines[_next] == '\n')
            {
                _next++;
                continue;
            }

            var isTerminated = _next < _terminated;
            Text = isTerminated ? _lines[_next..] : _scanner.Terminate(_lines[_next..]);
            LineIndexer.Index(Text, _scanner.Index);
            var line = Text[.._scanner.Index.End];
            _next += line.Length + 1;
            Line = isTerminated ? LineReader.Trim(line) : line;
            if (_scanner.Index.Count > 0 || !LineReader.IsBlank(Line))
                return true;
        }

        return false;
    }
}
