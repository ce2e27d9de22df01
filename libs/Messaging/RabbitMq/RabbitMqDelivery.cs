using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>A batch that owns its memory, on the channel it came on.</summary>
internal sealed class RabbitMqDelivery<T>(T batch, IChannel channel, ulong tag) : Delivery<T> where T : class, IBatch<T>
{
    public override T Batch => batch;

    /// <summary>False when the channel is gone; the broker delivers the message again.</summary>
    public bool IsAlive => channel.IsOpen;

    public override async ValueTask AcknowledgeAsync()
    {
        batch.Dispose();
        await SettleAsync(() => channel.BasicAckAsync(tag, multiple: false));
    }

    public override async ValueTask RequeueAsync()
    {
        batch.Dispose();
        await SettleAsync(() => channel.BasicNackAsync(tag, multiple: false, requeue: true));
    }

    public override async ValueTask BuryAsync(string reason)
    {
        batch.Dispose();
        await SettleAsync(() => channel.BasicRejectAsync(tag, requeue: false));
    }

    public void Forget() => batch.Dispose();

    private async ValueTask SettleAsync(Func<ValueTask> settle)
    {
        if (!channel.IsOpen)
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
