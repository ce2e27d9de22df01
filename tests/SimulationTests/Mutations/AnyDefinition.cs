using Ingest.Messaging;

namespace Ingest.SimulationTests.Mutations;

/// <summary>A processor takes a file's batches whatever their definition, as if they were a connection's.</summary>
internal sealed class AnyDefinition : Mutation
{
    public override bool? OneProcess => false;

    public override IBatchQueues Change(World world, IBatchQueues queues) => new Queues(queues);

    private sealed class Queues(IBatchQueues inner) : ChangedQueues(inner)
    {
        protected override IBatchReceiver<T> Change<T>(IBatchReceiver<T> receiver) => receiver is IBatchReceiver<LineBatch> lines
            ? (IBatchReceiver<T>)(object)new ChangedReceiver<LineBatch>(lines, Disguise)
            : receiver;

        private static DisguisedDelivery<LineBatch> Disguise(Delivery<LineBatch> delivery) => new(delivery, new LineBatch
        {
            Id = delivery.Batch.Id,
            Pipeline = delivery.Batch.Pipeline,
            Definition = delivery.Batch.Definition,
            Replayable = false,
            Segments = delivery.Batch.Segments,
            Rejects = delivery.Batch.Rejects,
            Ends = delivery.Batch.Ends,
            Lines = delivery.Batch.Lines,
        });
    }
}
