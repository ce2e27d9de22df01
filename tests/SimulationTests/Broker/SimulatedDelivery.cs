using Ingest.Messaging;

namespace Ingest.SimulationTests.Broker;

/// <summary>A batch that owns its memory, on the channel it came on. What is said of it travels for a while.</summary>
internal sealed class SimulatedDelivery<T>(World world, BrokerQueue queue, BrokerChannel channel, ulong tag, StoredMessage message) : Delivery<T>
    where T : class, IBatch<T>
{
    /// <summary>Returns after which a batch may be what kills its consumers.</summary>
    private const int Suspicious = 5;

    private readonly T _batch = message.Read<T>();

    public override T Batch => _batch;

    public override bool IsSuspect => message.Returns >= Suspicious;

    public override ValueTask AcknowledgeAsync()
    {
        AckWatch.Check(world, _batch);
        Settle(() => queue.Acknowledge(channel, tag));
        return ValueTask.CompletedTask;
    }

    public override ValueTask RequeueAsync()
    {
        Return();
        return ValueTask.CompletedTask;
    }

    public void Return() => Settle(() => queue.Requeue(channel, tag));

    public override ValueTask BuryAsync(string reason)
    {
        var (pipeline, id) = (_batch.Pipeline, _batch.Id);
        Settle(() =>
        {
            world.Broker.Bury(pipeline, id, reason);
            queue.Acknowledge(channel, tag);
        });
        return ValueTask.CompletedTask;
    }

    private void Settle(Action settle)
    {
        _batch.Dispose();
        world.After(world.Faults.Delay(world.Broker.Chances), settle);
    }
}
