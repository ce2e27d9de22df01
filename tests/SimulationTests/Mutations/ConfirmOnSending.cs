using Ingest.Messaging;
using Ingest.SimulationTests.Broker;

namespace Ingest.SimulationTests.Mutations;

/// <summary>A send is done when the batch is on its way, and not when it is safe.</summary>
internal sealed class ConfirmOnSending(bool oneProcess) : Mutation
{
    public override bool? OneProcess => oneProcess;

    public override IReadOnlyList<int> Silenced => [6, 7];

    public override IBatchQueues Change(World world, IBatchQueues queues) => new Queues(queues);

    private sealed class Queues(IBatchQueues inner) : ChangedQueues(inner)
    {
        protected override IBatchSender<T> Change<T>(IBatchSender<T> sender) => new Sender<T>(sender);
    }

    private sealed class Sender<T>(IBatchSender<T> inner) : IBatchSender<T> where T : class, IBatch<T>
    {
        public Task SendAsync(T batch, CancellationToken cancellationToken)
        {
            _ = SendCopyAsync(StoredMessage.Of(batch).Read<T>());
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private async Task SendCopyAsync(T copy)
        {
            for (var sent = false; !sent;)
            {
                try
                {
                    await inner.SendAsync(copy, CancellationToken.None);
                    sent = true;
                }
                catch (SendFailedException)
                {
                    // Again, as long as this process lives.
                }
            }
        }
    }
}
