namespace Ingest.Writer.Postgres;

/// <summary>
/// What a pipeline's last transactions teach the next: whether rows are copied straight into the table or first beside
/// it, and whether the table takes rows at all.
/// </summary>
internal sealed class WriteHabit(bool update)
{
    /// <summary>After so many merges without a duplicate the straight way is tried again.</summary>
    private const int CleanMerges = 8;

    /// <summary>With update a merge does not tell duplicates from new rows; it is tried again after so many.</summary>
    private const int BlindMerges = 64;

    private int _mergesLeft;

    /// <summary>True when no duplicates are expected.</summary>
    public bool CopiesFirst => _mergesLeft == 0;

    /// <summary>True when the table has taken a row since it was last compared with the definition.</summary>
    public bool HasPassed { get; private set; }

    /// <summary>Rows that were refused since one passed.</summary>
    public int RefusedSincePass { get; private set; }

    public void Compared() => HasPassed = false;

    public void Conflicted() => _mergesLeft = update ? BlindMerges : CleanMerges;

    public void Merged(bool duplicates)
    {
        if (duplicates && !update)
            Conflicted();
        else if (_mergesLeft > 0)
            _mergesLeft--;
    }

    public void Passed() => (HasPassed, RefusedSincePass) = (true, 0);

    public void Refused(int rows) => RefusedSincePass += rows;
}
