
namespace Ingest.Messaging.RabbitMq;

/// <summary>A batch that owns its memory, on the channel it came on.</summary>
/// <param name="batch">The batch.</param>
/// <param name="message">The message it came in, perhaps with others.</param>
/// <param name="isSuspect">Whether it is to be worked on alone.</param>
/// <param name="receiver">Who holds it; hears once when it no longer does.</param>
internal sealed class RabbitMqDelivery<T>(T batch, Message message, bool isSuspect, IHolder<T> receiver) : Delivery<T>
    where T : class, IBatch<T>
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override T Batch => batch;

    public override bool IsSuspect => isSuspect;

    public override object Unit => message;

    /// <summary>False when the channel is gone; the broker delivers the message again.</summary>
    public bool IsAlive => message.IsAlive;

    /// <summary>Completes when nobody works on the batch any more.</summary>
    public Task Settled => _settled.Task;

    public override async ValueTask AcknowledgeAsync()
    {
        if (isSuspect)
        {
            await AcknowledgeNowAsync();
            return;
        }

        Forget();
        await message.AcknowledgeSoonAsync();
    }

    /// <summary>
    /// A suspect that comes back has survived, so it goes among the others again, its deliveries uncounted. While the
    /// broker does not take it, it is kept: a return would count like a death.
    /// </summary>
    public override async ValueTask RequeueAsync()
    {
        if (isSuspect && IsAlive && await receiver.TryMoveAsync(this))
            await AcknowledgeAsync();
        else
            await ReturnAsync();
    }

    public override async ValueTask BuryAsync(string reason)
    {
        if (IsAlive && await receiver.TryBuryAsync(batch, reason))
            await AcknowledgeNowAsync();
        else
            await ReturnAsync();
    }

    /// <summary>It has a copy, or killed others: it shall not come again.</summary>
    private async ValueTask AcknowledgeNowAsync()
    {
        Forget();
        await message.AcknowledgeAsync();
    }

    public void Forget()
    {
        if (!_settled.TrySetResult())
            return;
        batch.Dispose();
        if (message.Forget())
            receiver.Released(message.Bytes);
    }

    /// <summary>Back to where it came from, counted by the broker.</summary>
    public async ValueTask ReturnAsync()
    {
        Forget();
        await message.ReturnAsync();
    }
}

/// <summary>What a delivery needs of its receiver.</summary>
internal interface IHolder<T> where T : class, IBatch<T>
{
    /// <summary>Puts a fresh copy of one that survived into a queue; false when its channel is gone, or the receiver stopped and could not.</summary>
    Task<bool> TryMoveAsync(RabbitMqDelivery<T> suspect);

    /// <summary>Puts a copy into the dead queue; false when that failed.</summary>
    Task<bool> TryBuryAsync(T batch, string reason);

    /// <summary>Nothing of a message is held any more.</summary>
    /// <param name="bytes">What it took in memory.</param>
    void Released(long bytes);
}
