using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>One message on the channel it came on: on any other its tag would mean another message.</summary>
/// <param name="Channel">Where it came and where it is settled.</param>
/// <param name="Tag">Its number on the channel.</param>
/// <param name="Bytes">What it takes in memory.</param>
internal sealed record Message(IChannel Channel, ulong Tag, long Bytes)
{
    public ValueTask AcknowledgeAsync() => SettleAsync(() => Channel.BasicAckAsync(Tag, multiple: false));

    public ValueTask ReturnAsync() => SettleAsync(() => Channel.BasicNackAsync(Tag, multiple: false, requeue: true));

    private async ValueTask SettleAsync(Func<ValueTask> settle)
    {
        if (!Channel.IsOpen)
            return;
        try
        {
            await settle();
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, CancellationToken.None))
        {
            // The channel went with its deliveries, which the broker delivers again; the ledger knows the batch.
        }
    }
}
