using System.Diagnostics.CodeAnalysis;
using Ingest.Messaging;

namespace Ingest.SimulationTests.Mutations;

/// <summary>Queues whose ends behave otherwise.</summary>
internal abstract class ChangedQueues(IBatchQueues inner) : IBatchQueues
{
    public bool SendsAwaitConsumers => inner.SendsAwaitConsumers;

    public IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T> => Change(inner.CreateSender<T>(pipeline));

    public IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T> =>
        Change(inner.CreateReceiver<T>(pipeline, prefetchMessages));

    protected virtual IBatchSender<T> Change<T>(IBatchSender<T> sender) where T : class, IBatch<T> => sender;

    protected virtual IBatchReceiver<T> Change<T>(IBatchReceiver<T> receiver) where T : class, IBatch<T> => receiver;
}

/// <summary>A receiver whose deliveries behave otherwise.</summary>
internal sealed class ChangedReceiver<T>(IBatchReceiver<T> inner, Func<Delivery<T>, Delivery<T>> change) : IBatchReceiver<T>
    where T : class, IBatch<T>
{
    public bool IsFull => inner.IsFull;

    public async ValueTask<Delivery<T>> ReceiveAsync(CancellationToken cancellationToken) =>
        change(await inner.ReceiveAsync(cancellationToken));

    public bool TryReceive([NotNullWhen(true)] out Delivery<T>? delivery)
    {
        delivery = inner.TryReceive(out var next) ? change(next) : null;
        return delivery is not null;
    }

    public Task StopAsync() => inner.StopAsync();

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>A delivery whose batch looks otherwise.</summary>
internal sealed class DisguisedDelivery<T>(Delivery<T> inner, T batch) : Delivery<T> where T : class, IBatch<T>
{
    public override T Batch => batch;

    public override bool IsSuspect => inner.IsSuspect;

    public override ValueTask AcknowledgeAsync() => inner.AcknowledgeAsync();

    public override ValueTask RequeueAsync() => inner.RequeueAsync();

    public override ValueTask BuryAsync(string reason) => inner.BuryAsync(reason);
}
