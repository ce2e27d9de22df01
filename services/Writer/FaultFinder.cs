namespace Ingest.Writer;

/// <summary>
/// Finds the rows that the database refuses among rows that it refuses together: it tries ever smaller parts, in order,
/// and those that pass are written.
/// </summary>
/// <typeparam name="TFault">How the database refuses.</typeparam>
/// <param name="attempt">Writes rows; null when they passed, and else nothing is written.</param>
/// <param name="probe">Says whether rows would pass, and writes nothing.</param>
/// <param name="anyPassed">True when other rows of the transaction have passed.</param>
/// <param name="hint">Which of the rows that failed together is likely at fault, counted from 0, where the fault says so.</param>
internal sealed class FaultFinder<TFault>(
    Func<RowRange, Task<TFault?>> attempt, Func<RowRange, Task<TFault?>> probe, bool anyPassed, Func<TFault, int?>? hint = null)
    where TFault : class
{
    /// <summary>So many rows may fail one after another before it is asked whether any row passes at all.</summary>
    public const int Few = 100;

    /// <summary>The more parts, the less of the good rows is written twice; the fewer, the less attempts.</summary>
    private const int Parts = 16;

    /// <summary>Behind a bad row the parts grow from here: where there is one, the next may be near.</summary>
    private const int FirstPart = 64;

    private readonly List<(int Row, TFault Fault)> _faults = [];
    private bool _asked = anyPassed;
    private int _end;

    public IReadOnlyList<(int Row, TFault Fault)> Faults => _faults;

    public int Passed { get; private set; }

    /// <param name="rows">Rows that are known to fail together.</param>
    /// <param name="fault">How.</param>
    /// <returns>False when, as far as tried, no row passes: then it is not the rows.</returns>
    public Task<bool> RunAsync(RowRange rows, TFault fault)
    {
        _end = rows.To;
        return SearchAsync(rows, fault);
    }

    /// <summary>Tries the failing rows again as long as that helps: a row may need another one that came after it.</summary>
    public async Task TryAgainAsync(Func<TFault, bool> worthwhile, Func<RowRange, Task<TFault?>> attemptAgain)
    {
        for (var progress = Passed > 0; progress;)
        {
            progress = false;
            foreach (var fault in _faults.Where(f => worthwhile(f.Fault)).ToArray())
            {
                if (await attemptAgain(new RowRange(fault.Row, fault.Row + 1)) is not null)
                    continue;
                _faults.Remove(fault);
                Passed++;
                progress = true;
            }
        }
    }

    private async Task<bool> SearchAsync(RowRange rows, TFault fault)
    {
        if (rows.Count == 1)
        {
            _faults.Add((rows.From, fault));
            return true;
        }

        foreach (var part in hint?.Invoke(fault) is { } likely && likely < rows.Count ? Around(rows, rows.From + likely) : Split(rows))
        {
            if (await attempt(part) is { } failed)
            {
                if (!await SearchAsync(part, failed))
                    return false;
            }
            else
            {
                Passed += part.Count;
                _asked = true;
            }

            if (!_asked && _faults.Count >= Few && !await AnyPassesAsync(new RowRange(part.To, _end)))
                return false;
        }

        return true;
    }

    private static IEnumerable<RowRange> Split(RowRange rows) => Enumerable.Range(0, Parts)
        .Select(part => new RowRange(Cut(rows, part), Cut(rows, part + 1)))
        .Where(part => part.Count > 0);

    /// <summary>What comes before the row, the row, and ever larger parts of what comes behind it.</summary>
    private static IEnumerable<RowRange> Around(RowRange rows, int row)
    {
        if (row > rows.From)
            yield return new RowRange(rows.From, row);
        yield return new RowRange(row, row + 1);
        long size = Math.Max(FirstPart, 4L * (row - rows.From));
        for (var from = row + 1; from < rows.To; size *= 4)
        {
            var to = (int)Math.Min(rows.To, from + size);
            yield return new RowRange(from, to);
            from = to;
        }
    }

    private static int Cut(RowRange rows, int part) => rows.From + (int)((long)rows.Count * part / Parts);

    /// <summary>Looks at rows here and there; none left to look at is no reason for doubt.</summary>
    private async Task<bool> AnyPassesAsync(RowRange rest)
    {
        if (rest.Count == 0)
            return true;
        _asked = true;
        var step = Math.Max(1, rest.Count / Few);
        for (var row = rest.From; row < rest.To; row += step)
        {
            if (await probe(new RowRange(row, row + 1)) is null)
                return true;
        }

        return false;
    }
}
