using Ingest.SimulationTests.Broker;

namespace Ingest.SimulationTests.Mutations;

/// <summary>A delivery is settled on the channel that its receiver has now, where its tag means another message.</summary>
internal sealed class AnotherChannel : Mutation
{
    public override bool? OneProcess => false;

    public override BrokerChannel ChannelOf(BrokerChannel own, BrokerChannel? current) => current ?? own;
}
