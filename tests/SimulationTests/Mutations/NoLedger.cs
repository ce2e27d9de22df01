using Ingest.Writer;

namespace Ingest.SimulationTests.Mutations;

/// <summary>No batch is known from an earlier delivery.</summary>
internal sealed class NoLedger : Mutation
{
    public override bool? Keyed => false;

    public override IReadOnlyList<int> Silenced => [6];

    public override IRowStores Change(World world, IRowStores stores) =>
        new ChangedStores(stores, batch => batch.Under(world.NewId()));
}
