using Ingest.Gateway.Framing;

namespace Ingest.SimulationTests.Mutations;

/// <summary>A file's batches get new ids each time it is loaded.</summary>
internal sealed class NoContentIds : Mutation
{
    public override bool? Keyed => false;

    public override Source Change(World world, Source source) =>
        source.Replayable ? Source.Live(source.Name, source.Pipeline, world.NewId) : source;
}
