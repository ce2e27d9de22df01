using Ingest.ServiceDefaults.Control;

namespace Ingest.Gateway.Filtering;

/// <summary>Hears from the processors which definitions they work by.</summary>
internal sealed class VersionConsumer(ProcessorVersions processors) : IControlConsumer<DefinitionsInUse>
{
    public Task ConsumeAsync(DefinitionsInUse message, CancellationToken cancellationToken)
    {
        foreach (var definition in message.Definitions)
            processors.Hear(definition.Pipeline, definition.Version);
        return Task.CompletedTask;
    }
}
