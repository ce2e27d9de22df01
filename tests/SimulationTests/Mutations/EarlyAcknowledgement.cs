using Ingest.Messaging;
using Ingest.SimulationTests.Broker;

namespace Ingest.SimulationTests.Mutations;

/// <summary>A stage acknowledges what it receives when it receives it, as if it were done already.</summary>
internal sealed class EarlyAcknowledgement<TKind> : Mutation
{
    public override bool? OneProcess => false;

    public override IReadOnlyList<int> Silenced => [6];

    public override IBatchQueues Change(World world, IBatchQueues queues) => new Queues(queues);

    private sealed class Queues(IBatchQueues inner) : ChangedQueues(inner)
    {
        protected override IBatchReceiver<T> Change<T>(IBatchReceiver<T> receiver) =>
            typeof(T) == typeof(TKind) ? new ChangedReceiver<T>(receiver, Acknowledge) : receiver;

        private static Delivery<T> Acknowledge<T>(Delivery<T> delivery) where T : class, IBatch<T>
        {
            var copy = StoredMessage.Of(delivery.Batch).Read<T>();
            var settling = delivery.AcknowledgeAsync();
            return settling.IsCompletedSuccessfully ? new Settled<T>(copy) : throw new InvalidOperationException("It takes time.");
        }
    }

    private sealed class Settled<T>(T batch) : Delivery<T> where T : class, IBatch<T>
    {
        public override T Batch => batch;

        public override ValueTask AcknowledgeAsync() => ValueTask.CompletedTask;

        public override ValueTask RequeueAsync() => ValueTask.CompletedTask;

        public override ValueTask BuryAsync(string reason) => ValueTask.CompletedTask;
    }
}
