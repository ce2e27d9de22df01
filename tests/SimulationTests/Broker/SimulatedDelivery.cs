using Ingest.Messaging;

namespace Ingest.SimulationTests.Broker;

/// <summary>A batch that owns its memory, on the channel it came on. What is said of it travels for a while.</summary>
/// <param name="world">The world.</param>
/// <param name="queue">Where it came from.</param>
/// <param name="channel">On which channel.</param>
/// <param name="current">Which channel its receiver has now.</param>
/// <param name="tag">What it is called on its channel.</param>
/// <param name="message">The message.</param>
internal sealed class SimulatedDelivery<T>(
    World world, BrokerQueue queue, BrokerChannel channel, Func<BrokerChannel?> current, ulong tag, StoredMessage message) : Delivery<T>
    where T : class, IBatch<T>
{
    /// <summary>Returns after which a batch may be what kills its consumers.</summary>
    private const int Suspicious = 5;

    private readonly T _batch = message.Read<T>();

    public override T Batch => _batch;

    private BrokerChannel Channel => world.Mutation.ChannelOf(channel, current());

    public bool IsAlive => channel.IsOpen;

    public override bool IsSuspect => message.Returns >= Suspicious;

    public override ValueTask AcknowledgeAsync()
    {
        AckWatch.Check(world, _batch);
        Settle(() => queue.Acknowledge(Channel, tag, message.Id));
        return ValueTask.CompletedTask;
    }

    public override ValueTask RequeueAsync()
    {
        Return();
        return ValueTask.CompletedTask;
    }

    public void Return() => Settle(() => queue.Requeue(Channel, tag));

    public override ValueTask BuryAsync(string reason)
    {
        var (pipeline, id) = (_batch.Pipeline, _batch.Id);
        Settle(() =>
        {
            world.Broker.Bury(pipeline, id, reason);
            queue.Acknowledge(Channel, tag, message.Id);
        });
        return ValueTask.CompletedTask;
    }

    private void Settle(Action settle)
    {
        _batch.Dispose();
        world.After(world.Faults.Delay(world.Broker.Chances), settle);
    }
}
