using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// One message on the channel it came on: on any other its tag would mean another message. It is settled when each of
/// its batches is, and goes back as a whole where one of them does: the ledger knows the others.
/// </summary>
/// <param name="channel">Where it came and where it is settled.</param>
/// <param name="tag">Its number on the channel.</param>
/// <param name="bytes">What it takes in memory.</param>
/// <param name="batches">How many batches it holds.</param>
internal sealed class Message(IChannel channel, ulong tag, long bytes, int batches = 1)
{
    private int _unread = batches;
    private int _unsettled = batches;
    private bool _goesBack;

    public IChannel Channel => channel;

    public long Bytes => bytes;

    /// <summary>One batch's memory is no longer read.</summary>
    /// <returns>True for the last one.</returns>
    public bool Forget() => Interlocked.Decrement(ref _unread) == 0;

    public ValueTask AcknowledgeAsync() => SettleOneAsync();

    public ValueTask ReturnAsync()
    {
        Volatile.Write(ref _goesBack, true);
        return SettleOneAsync();
    }

    private ValueTask SettleOneAsync() => Interlocked.Decrement(ref _unsettled) > 0 ? default : SettleAsync();

    private async ValueTask SettleAsync()
    {
        if (!channel.IsOpen)
            return;
        try
        {
            if (Volatile.Read(ref _goesBack))
                await channel.BasicNackAsync(tag, multiple: false, requeue: true);
            else
                await channel.BasicAckAsync(tag, multiple: false);
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, CancellationToken.None))
        {
            // The channel went with its deliveries, which the broker delivers again; the ledger knows the batch.
        }
    }
}
