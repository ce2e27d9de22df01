namespace Ingest.Writer;

/// <summary>
/// Finds the rows that the database refuses among rows that it refuses together: it tries ever smaller parts, in order,
/// and those that pass are written.
/// </summary>
/// <typeparam name="TFault">How the database refuses.</typeparam>
/// <param name="attempt">Writes rows; null when they passed, and else nothing is written.</param>
/// <param name="probe">Says whether rows would pass, and writes nothing.</param>
/// <param name="anyPassed">True when other rows of the transaction have passed.</param>
internal sealed class FaultFinder<TFault>(
    Func<RowRange, Task<TFault?>> attempt, Func<RowRange, Task<TFault?>> probe, bool anyPassed)
    where TFault : class
{
    /// <summary>So many rows may fail one after another before it is asked whether any row passes at all.</summary>
    public const int Few = 100;

    /// <summary>The more parts, the less of the good rows is written twice; the fewer, the less attempts.</summary>
    private const int Parts = 16;

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
    public async Task TryAgainAsync(Func<TFault, bool> worthwhile)
    {
        for (var progress = Passed > 0; progress;)
        {
            progress = false;
            foreach (var fault in _faults.Where(f => worthwhile(f.Fault)).ToArray())
            {
                if (await attempt(new RowRange(fault.Row, fault.Row + 1)) is not null)
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

        for (var part = 0; part < Parts; part++)
        {
            var range = new RowRange(Cut(rows, part), Cut(rows, part + 1));
            if (range.Count == 0)
                continue;
            if (await attempt(range) is { } failed)
            {
                if (!await SearchAsync(range, failed))
                    return false;
            }
            else
            {
                Passed += range.Count;
                _asked = true;
            }

            if (!_asked && _faults.Count >= Few && !await AnyPassesAsync(new RowRange(range.To, _end)))
                return false;
        }

        return true;
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
