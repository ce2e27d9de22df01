namespace Ingest.SimulationTests.Mutations;

/// <summary>A file that has grown or was mended is cut by its bytes alone, where it was cut otherwise before.</summary>
internal sealed class NoCutPoints : Mutation
{
    public override bool? OneProcess => true;

    public override bool? Keyed => false;

    public override bool KnowsSegments => false;
}
