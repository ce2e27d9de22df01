namespace Ingest.Writer.Postgres;

/// <summary>
/// What a pipeline's last transactions teach the next: whether rows are copied straight into the table or first beside
/// it, and whether the table takes rows at all. Transactions that run side by side share it.
/// </summary>
internal sealed class WriteHabit(bool update)
{
    /// <summary>After so many merges without a duplicate the straight way is tried again.</summary>
    private const int CleanMerges = 8;

    /// <summary>With update a merge does not tell duplicates from new rows; it is tried again after so many.</summary>
    private const int BlindMerges = 64;

    private readonly Lock _lock = new();
    private int _mergesLeft;

    /// <summary>True when no duplicates are expected.</summary>
    public bool CopiesFirst => Volatile.Read(ref _mergesLeft) == 0;

    /// <summary>True when the table has taken a row since it was last compared with the definition.</summary>
    public bool HasPassed { get; private set; }

    /// <summary>Rows that were refused since one passed.</summary>
    public int RefusedSincePass { get; private set; }

    public void Compared()
    {
        lock (_lock)
            HasPassed = false;
    }

    public void Conflicted()
    {
        lock (_lock)
            _mergesLeft = update ? BlindMerges : CleanMerges;
    }

    public void Merged(bool duplicates)
    {
        lock (_lock)
        {
            if (duplicates && !update)
                _mergesLeft = CleanMerges;
            else if (_mergesLeft > 0)
                _mergesLeft--;
        }
    }

    public void Passed()
    {
        lock (_lock)
            (HasPassed, RefusedSincePass) = (true, 0);
    }

    public void Refused(int rows)
    {
        lock (_lock)
            RefusedSincePass += rows;
    }
}
