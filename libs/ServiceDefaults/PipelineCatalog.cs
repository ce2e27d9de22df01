using Ingest.Pipelines.Definition;

namespace Ingest.ServiceDefaults;

/// <summary>The pipelines that this process works on.</summary>
public sealed class PipelineCatalog(IReadOnlyList<PipelineDefinition> pipelines)
{
    public IReadOnlyList<PipelineDefinition> Pipelines { get; } = pipelines;

    /// <summary>Reads a definition, or all of a folder.</summary>
    /// <exception cref="StartupException">There are mistakes; the message names them all, one a line.</exception>
    public static PipelineCatalog Load(string path)
    {
        var loaded = DefinitionLoader.LoadAll(path);
        if (loaded.Errors.Count > 0)
            throw new StartupException(string.Join(Environment.NewLine, loaded.Errors), ExitCodes.BadConfiguration);
        return new PipelineCatalog(loaded.Definitions);
    }
}
