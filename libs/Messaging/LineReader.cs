namespace Ingest.Messaging;

/// <summary>
/// Walks through the lines of one segment. LF ends a line and one CR before it is dropped; a line of only spaces, tabs
/// or CR is blank, which means that it keeps its number but is passed over; the last line may lack its LF.
/// </summary>
public ref struct LineReader(ReadOnlySpan<byte> lines, long firstLine)
{
    private readonly ReadOnlySpan<byte> _lines = lines;
    private int _next;
    private long _nextNumber = firstLine;

    /// <summary>Where the line begins in the segment's bytes.</summary>
    public int Offset { get; private set; }

    /// <summary>The line's number in its source.</summary>
    public long Number { get; private set; }

    /// <summary>The line without its line end.</summary>
    public ReadOnlySpan<byte> Line { get; private set; }

    public bool MoveNext()
    {
        while (_next < _lines.Length)
        {
            Offset = _next;
            Number = _nextNumber++;
            var rest = _lines[_next..];
            var length = rest.IndexOf((byte)'\n');
            _next += length < 0 ? rest.Length : length + 1;
            Line = length < 0 ? rest : Trim(rest[..length]);
            if (!IsBlank(Line))
                return true;
        }

        return false;
    }

    /// <summary>The line without the CR that belongs to its line end.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line) => line is [.., (byte)'\r'] ? line[..^1] : line;

    public static bool IsBlank(ReadOnlySpan<byte> line)
    {
        // Nearly every line begins with its object's brace.
        if (line is [> (byte)' ', ..])
            return false;
        return line.IndexOfAnyExcept(" \t\r"u8) < 0;
    }
}
