using Ingest.Messaging;
using Ingest.Writer;

namespace Ingest.SimulationTests.Mutations;

/// <summary>Rows are taken for those of the lines that follow theirs.</summary>
internal sealed class AnotherLinesNumber : Mutation
{
    public override IRowStores Change(World world, IRowStores stores) => new ChangedStores(stores, Shift);

    private static RowBatch Shift(RowBatch batch) => batch.With(rowLines: [.. batch.RowLines.Skip(1), .. batch.RowLines.Take(1)]);
}
