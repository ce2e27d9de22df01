using Ingest.Messaging;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Broker;

/// <summary>A process's connections to the broker.</summary>
/// <param name="world">The world.</param>
/// <param name="process">The process.</param>
/// <param name="inFlightBytes">What each of its publishers may have under way.</param>
internal sealed class SimulatedQueues(World world, SimulatedProcess process, long inFlightBytes) : IBatchQueues
{
    public bool SendsAwaitConsumers => false;

    public IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T> =>
        new SimulatedSender<T>(world, process, pipeline, inFlightBytes);

    public IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T> =>
        new SimulatedReceiver<T>(world, process, pipeline, prefetchMessages);
}
