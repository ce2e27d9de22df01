using Ingest.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;

namespace Ingest.Gateway.Sources;

/// <summary>The pipelines that this gateway takes lines for, by name.</summary>
internal sealed class PipelineIntakes
{
    private readonly Dictionary<string, PipelineIntake> _byName;

    public PipelineIntakes(PipelineCatalog catalog, IServiceProvider services) =>
        _byName = catalog.Pipelines.ToDictionary(p => p.Name, p => ActivatorUtilities.CreateInstance<PipelineIntake>(services, p));

    public IReadOnlyCollection<PipelineIntake> All => _byName.Values;

    public PipelineIntake? Find(string name) => _byName.GetValueOrDefault(name);
}
