using Ingest.Messaging;
using Ingest.Writer;

namespace Ingest.SimulationTests.Mutations;

/// <summary>Two copies of a batch in one transaction are both written: the ledger is asked before, and knows neither.</summary>
internal sealed class UngroupedCopies : Mutation
{
    private readonly Dictionary<Guid, Guid> _realIds = [];

    public override bool? OneProcess => false;

    public override bool? Keyed => false;

    public override IReadOnlyList<int> Silenced => [5];

    public override IBatchQueues Change(World world, IBatchQueues queues) =>
        new Queues(queues, batch => batch.Under(Disguise(world, batch.Id)));

    /// <summary>The writer sees batches of different ids, the store the same one twice.</summary>
    public override IRowStores Change(World world, IRowStores stores) =>
        new ChangedStores(stores, batch => batch.Under(_realIds[batch.Id]));

    private Guid Disguise(World world, Guid id)
    {
        var disguise = world.NewId();
        _realIds.Add(disguise, id);
        return disguise;
    }

    private sealed class Queues(IBatchQueues inner, Func<RowBatch, RowBatch> disguise) : ChangedQueues(inner)
    {
        protected override IBatchReceiver<T> Change<T>(IBatchReceiver<T> receiver) => receiver is IBatchReceiver<RowBatch> rows
            ? (IBatchReceiver<T>)(object)new ChangedReceiver<RowBatch>(rows, delivery => new DisguisedDelivery<RowBatch>(delivery, disguise(delivery.Batch)))
            : receiver;
    }
}
