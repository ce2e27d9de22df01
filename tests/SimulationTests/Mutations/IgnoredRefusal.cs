using Ingest.Messaging;

namespace Ingest.SimulationTests.Mutations;

/// <summary>A batch that the broker did not confirm counts as sent.</summary>
internal sealed class IgnoredRefusal : Mutation
{
    public override bool? OneProcess => false;

    public override IReadOnlyList<int> Silenced => [6, 7];

    public override IBatchQueues Change(World world, IBatchQueues queues) => new Queues(queues);

    private sealed class Queues(IBatchQueues inner) : ChangedQueues(inner)
    {
        protected override IBatchSender<T> Change<T>(IBatchSender<T> sender) => new Sender<T>(sender);
    }

    private sealed class Sender<T>(IBatchSender<T> inner) : IBatchSender<T> where T : class, IBatch<T>
    {
        public async Task SendAsync(T batch, CancellationToken cancellationToken)
        {
            try
            {
                await inner.SendAsync(batch, cancellationToken);
            }
            catch (SendFailedException)
            {
                // As if it were nothing.
            }
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
