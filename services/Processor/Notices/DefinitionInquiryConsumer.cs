using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using MassTransit;

namespace Ingest.Processor.Notices;

/// <summary>Answers a gateway that asks by which version a pipeline's lines are processed here.</summary>
internal sealed class DefinitionInquiryConsumer(PipelineCatalog catalog, ControlBus bus) : IConsumer<DefinitionInquiry>
{
    public async Task Consume(ConsumeContext<DefinitionInquiry> context)
    {
        if (catalog.Pipelines.Any(p => p.Name == context.Message.Pipeline))
            await bus.TellAsync(catalog.ToNotice(), context.CancellationToken);
    }
}
