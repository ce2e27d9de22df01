namespace Ingest.Gateway.Sources;

/// <summary>
/// Places for connections whose senders may send far ahead. What they send waits in the system's memory, which no budget
/// of ours counts: so there are only a few places, for the few senders that are fast.
/// </summary>
internal sealed class SendAhead(int places)
{
    private int _left = places;

    /// <summary>Takes a place if there is one.</summary>
    public bool TryTake()
    {
        if (Interlocked.Decrement(ref _left) >= 0)
            return true;
        Interlocked.Increment(ref _left);
        return false;
    }

    public void GiveBack() => Interlocked.Increment(ref _left);
}
