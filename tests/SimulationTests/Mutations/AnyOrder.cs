using Ingest.Writer;

namespace Ingest.SimulationTests.Mutations;

/// <summary>A source's batches are written as they come.</summary>
internal sealed class AnyOrder : Mutation
{
    public override bool? Keyed => true;

    public override IRowStores Change(World world, IRowStores stores) => new ChangedStores(stores, batch => batch, knowsAllEnds: true);
}
