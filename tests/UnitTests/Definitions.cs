using Ingest.Pipelines.Definition;

namespace Ingest.UnitTests;

/// <summary>Definitions written as their users write them.</summary>
internal static class Definitions
{
    public static PipelineDefinition Parse(string yaml)
    {
        var loaded = DefinitionLoader.Parse("test.yaml", yaml);
        Assert.Empty(loaded.Errors);
        return loaded.Definition!;
    }

    /// <summary>Every line becomes a reject that holds it, for want of a member that no test's line has.</summary>
    public static PipelineDefinition RefusingAll(int? maxLineBytes = null, int columns = 1) => Parse($$"""
        pipeline: p
        table: t
        {{(maxLineBytes is null ? "" : $"max_line_bytes: {maxLineBytes}")}}
        columns:
          never: { from: no such member, type: text, required: true }
        {{string.Join('\n', Enumerable.Range(1, columns - 1).Select(i => $"  c{i}: text"))}}
        """.Replace("no such member", "'[\"no such member\"]'", StringComparison.Ordinal));
}
