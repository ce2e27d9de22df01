using System.Runtime.CompilerServices;
using Ingest.Pipelines.Scanning;

namespace Ingest.Pipelines.Compiled;

/// <summary>
/// Asks the filter about a line before the columns' values are looked for, as long as it drops most lines: what it alone
/// mentions is found in two thirds of the time. Not for concurrent use.
/// </summary>
/// <param name="filter">A pipeline's filter alone.</param>
/// <param name="index">Of the line that is asked about.</param>
internal sealed class FilterFirst(CompiledFilter filter, LineIndex index)
{
    private const int LinesBetweenLooks = 1024;

    /// <summary>A line that is kept is walked through twice; where one of four is, that costs about what it saves.</summary>
    private const int MostKept = LinesBetweenLooks / 4;

    private readonly LineScanner _scanner = new(filter.Paths, index);
    private int _lines;
    private int _kept;

    /// <summary>Whether it is worth asking.</summary>
    public bool Pays { get; private set; } = true;

    /// <summary>Whether the line of the index is a valid object that the filter drops; counts it then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Drops(in LineCursor line)
    {
        if (!_scanner.Scan(line.Text) || filter.Predicate.Test(_scanner.Values(line.Line)))
            return false;
        Count(kept: false);
        return true;
    }

    /// <summary>A line was kept, or dropped without being asked about.</summary>
    public void Count(bool kept)
    {
        if (kept)
            _kept++;
        if (++_lines < LinesBetweenLooks)
            return;
        Pays = _kept < MostKept;
        _lines = _kept = 0;
    }
}
