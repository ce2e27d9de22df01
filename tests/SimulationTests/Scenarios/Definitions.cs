using Ingest.Gateway.Framing;
using Ingest.Pipelines.Definition;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>The pipelines of the runs; read once, since they are the same in all of them.</summary>
internal static class Definitions
{
    public const int SmallLimit = 2_000;
    public const int LargeLimit = LineBatchBuilder.CutBytes * 3 / 4;

    /// <summary>Two lines that long fill a batch.</summary>
    public const int LargePadding = LineBatchBuilder.CutBytes * 4 / 7;
    private const string Ignoring = "key: id";
    private const string Updating = "key: id\non_duplicate: update";

    /// <summary>Each definition's next version, under which every line fares as before.</summary>
    private static readonly Dictionary<PipelineDefinition, PipelineDefinition> Successors;

    private static readonly PipelineDefinition[] All =
    [
        .. from name in new[] { "first", "second" }
           from limit in new[] { SmallLimit, LargeLimit }
           from key in new[] { "", Ignoring, Updating }
           from acknowledge in Enum.GetValues<Acknowledge>()
           select Parse(name, limit, key, acknowledge, ""),
    ];

    static Definitions() => Successors = All.ToDictionary(d => d, d => Parse(
        d.Name,
        d.MaxLineBytes,
        d.Key.Count == 0 ? "" : d.OnDuplicate == OnDuplicate.Update ? Updating : Ignoring,
        d.Acknowledge,
        ", max_length: 1000"));

    public static PipelineDefinition Successor(this PipelineDefinition definition) => Successors[definition];

    public static PipelineDefinition Pick(string name, bool largeLines, bool keyed, bool update, Acknowledge acknowledge) => All.Single(d =>
        d.Name == name
        && d.MaxLineBytes == (largeLines ? LargeLimit : SmallLimit)
        && d.Key.Count > 0 == keyed
        && d.Acknowledge == acknowledge
        && d.OnDuplicate == (keyed && update ? OnDuplicate.Update : OnDuplicate.Ignore));

    private static PipelineDefinition Parse(string name, int limit, string key, Acknowledge acknowledge, string change)
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
              tag: { type: text, required: true{{change}} }
              n:   integer
            """);
        return loaded.Definition ?? throw new InvalidOperationException(string.Join("; ", loaded.Errors));
    }
}
