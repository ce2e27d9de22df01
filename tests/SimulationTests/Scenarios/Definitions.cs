using Ingest.Pipelines.Definition;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>The pipelines of the runs; read once, since they are the same in all of them.</summary>
internal static class Definitions
{
    public const int SmallLimit = 2_000;
    public const int LargeLimit = 200_000;

    private static readonly PipelineDefinition[] All =
    [
        .. from name in new[] { "first", "second" }
           from limit in new[] { SmallLimit, LargeLimit }
           from key in new[] { "", "key: id", "key: id\non_duplicate: update" }
           from acknowledge in Enum.GetValues<Acknowledge>()
           select Parse(name, limit, key, acknowledge),
    ];

    public static PipelineDefinition Pick(string name, bool largeLines, bool keyed, bool update, Acknowledge acknowledge) => All.Single(d =>
        d.Name == name
        && d.MaxLineBytes == (largeLines ? LargeLimit : SmallLimit)
        && d.Key.Count > 0 == keyed
        && d.Acknowledge == acknowledge
        && d.OnDuplicate == (keyed && update ? OnDuplicate.Update : OnDuplicate.Ignore));

    private static PipelineDefinition Parse(string name, int limit, string key, Acknowledge acknowledge)
    {
        var loaded = DefinitionLoader.Parse($"{name}.yaml", $$"""
            pipeline: {{name}}
            table: {{name}}
            where: keep == true
            max_line_bytes: {{limit}}
            acknowledge: {{acknowledge.ToString().ToLowerInvariant()}}
            {{key}}
            columns:
              id:  { type: bigint, required: true }
              tag: { type: text, required: true }
              n:   integer
            """);
        return loaded.Definition ?? throw new InvalidOperationException(string.Join("; ", loaded.Errors));
    }
}
