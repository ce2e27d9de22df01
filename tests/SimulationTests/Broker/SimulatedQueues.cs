using Ingest.Messaging;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Broker;

/// <summary>A process's connections to the broker.</summary>
internal sealed class SimulatedQueues(World world, SimulatedProcess process) : IBatchQueues
{
    public bool SendsAwaitConsumers => false;

    public IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T> =>
        new SimulatedSender<T>(world, process, pipeline);

    public IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T> =>
        new SimulatedReceiver<T>(world, process, pipeline, prefetchMessages);
}
