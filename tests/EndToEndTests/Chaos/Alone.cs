namespace Ingest.EndToEndTests.Chaos;

/// <summary>Tests that use the whole machine and whose timing others would disturb, or that would disturb the others'.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
