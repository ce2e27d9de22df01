using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;

namespace Ingest.Processor.Notices;

/// <summary>A processor's definitions as the gateways hear of them.</summary>
internal static class CatalogNotice
{
    public static DefinitionsInUse ToNotice(this PipelineCatalog catalog) => new()
    {
        Definitions = [.. catalog.Pipelines.Select(p => new DefinitionInUse(p.Name, p.Version))],
    };
}
