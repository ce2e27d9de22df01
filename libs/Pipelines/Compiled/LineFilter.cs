using Ingest.Pipelines.Scanning;

namespace Ingest.Pipelines.Compiled;

/// <summary>
/// Takes lines out that the filter certainly drops. Whatever else there is to say of a line is left to
/// <see cref="RowBuilder"/>: one that is no valid object or is too long stays, as do those that are kept. Not for
/// concurrent use.
/// </summary>
public sealed class LineFilter(CompiledFilter filter)
{
    private readonly LineScanner _scanner = new(filter.Paths);

    /// <summary>
    /// Takes such lines out, in place. Each leaves its LF behind: a blank line, which keeps the numbers of those after it.
    /// </summary>
    /// <param name="lines">A segment's lines; what is left of them stands at its beginning afterwards.</param>
    /// <param name="filtered">How many were taken out.</param>
    /// <returns>How many bytes are left.</returns>
    public int Compact(Span<byte> lines, out int filtered)
    {
        filtered = 0;

        // The lines from here to the cursor stay and have not been moved yet.
        var staying = 0;
        var length = 0;
        var cursor = new LineCursor(_scanner, lines, 1);
        while (cursor.MoveNext())
        {
            if (!IsDropped(cursor))
                continue;
            filtered++;
            var (start, next) = (cursor.Offset, cursor.Next);
            length = Move(lines[staying..start], lines, length);
            lines[length++] = (byte)'\n';
            staying = next;
        }

        return Move(lines[staying..], lines, length);
    }

    private bool IsDropped(in LineCursor line) =>
        line.Line.Length <= filter.MaxLineBytes && _scanner.Scan(line.Text) && !filter.Predicate.Test(_scanner.Values(line.Line));

    /// <summary>Moves lines down to where those before them end.</summary>
    private static int Move(ReadOnlySpan<byte> part, Span<byte> lines, int to)
    {
        part.CopyTo(lines[to..]);
        return to + part.Length;
    }
}
