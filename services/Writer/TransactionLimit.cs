namespace Ingest.Writer;

/// <summary>
/// How much a transaction may take: as much as the options say, and less of a table that is slow, so that it ends within
/// seconds: far from a statement's timeout, and within a shutdown's patience.
/// </summary>
internal sealed class TransactionLimit(WriterOptions options)
{
    /// <summary>A transaction that took longer was too large.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>In this part of it a transaction of twice the size is done, too.</summary>
    private const int GrowsWithin = 4;

    /// <summary>Below this it is not the rows that take the time.</summary>
    private const int FewestRows = 500;

    private int _rows = options.MaxTransactionRows;

    public bool IsReached(long rows, long bytes) => rows >= _rows || bytes >= options.MaxTransactionBytes;

    /// <summary>A transaction has committed.</summary>
    /// <param name="wasFull">A small one that was fast says nothing of a large one.</param>
    /// <param name="took">How long it took.</param>
    public void Note(bool wasFull, TimeSpan took)
    {
        if (took > Longest)
            _rows = Math.Max(_rows / 2, Math.Min(FewestRows, options.MaxTransactionRows));
        else if (wasFull && took <= Longest / GrowsWithin)
            _rows = (int)Math.Min(_rows * 2L, options.MaxTransactionRows);
    }
}
