using Ingest.Pipelines.Definition;

namespace Ingest.ServiceDefaults;

/// <summary>The pipelines that this process works on.</summary>
public sealed class PipelineCatalog(IReadOnlyList<PipelineDefinition> pipelines)
{
    public IReadOnlyList<PipelineDefinition> Pipelines { get; } = pipelines;
}
