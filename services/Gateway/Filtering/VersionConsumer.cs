using Ingest.ServiceDefaults.Control;
using MassTransit;

namespace Ingest.Gateway.Filtering;

/// <summary>Hears from the processors which definitions they work by.</summary>
internal sealed class VersionConsumer(ProcessorVersions processors) : IConsumer<DefinitionsInUse>
{
    public Task Consume(ConsumeContext<DefinitionsInUse> context)
    {
        foreach (var definition in context.Message.Definitions)
            processors.Hear(definition.Pipeline, definition.Version);
        return Task.CompletedTask;
    }
}
