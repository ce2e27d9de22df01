using Ingest.Messaging;
using Ingest.Writer;

namespace Ingest.SimulationTests.Mutations;

/// <summary>A reject keeps the bytes of the one before it in its batch.</summary>
internal sealed class AnotherLinesBytes : Mutation
{
    public override IRowStores Change(World world, IRowStores stores) => new ChangedStores(stores, Mix);

    private static RowBatch Mix(RowBatch batch) => batch.With(
        rejects: [.. batch.Rejects.Select((reject, i) => i == 0 ? reject : reject with { Raw = batch.Rejects[i - 1].Raw, RawLength = batch.Rejects[i - 1].RawLength })]);
}
