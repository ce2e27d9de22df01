namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// One message on the channel it came on: on any other its tag would mean another message. It is settled when each of
/// its batches is, and goes back as a whole where one of them does: the ledger knows the others.
/// </summary>
/// <param name="source">Where it came and where it is settled.</param>
/// <param name="tag">Its number on the channel.</param>
/// <param name="bytes">What it takes in memory.</param>
/// <param name="batches">How many batches it holds.</param>
internal sealed class Message(Acknowledgements source, ulong tag, long bytes, int batches = 1)
{
    private int _unread = batches;
    private int _unsettled = batches;
    private bool _goesBack;

    public bool IsAlive => source.Channel.IsOpen;

    public long Bytes => bytes;

    /// <summary>One batch's memory is no longer read.</summary>
    /// <returns>True for the last one.</returns>
    public bool Forget() => Interlocked.Decrement(ref _unread) == 0;

    /// <summary>One batch is done, and the broker hears of the message soon.</summary>
    public ValueTask AcknowledgeSoonAsync()
    {
        if (!IsLast())
            return default;
        if (Volatile.Read(ref _goesBack))
            return source.ReturnAsync(tag);
        source.AcknowledgeSoon(tag);
        return default;
    }

    /// <summary>One batch is done, and the broker hears of the message now.</summary>
    public ValueTask AcknowledgeAsync() => IsLast() ? SettleAsync() : default;

    public ValueTask ReturnAsync()
    {
        Volatile.Write(ref _goesBack, true);
        return IsLast() ? SettleAsync() : default;
    }

    private bool IsLast() => Interlocked.Decrement(ref _unsettled) <= 0;

    private ValueTask SettleAsync() => Volatile.Read(ref _goesBack) ? source.ReturnAsync(tag) : source.AcknowledgeAsync(tag);
}
