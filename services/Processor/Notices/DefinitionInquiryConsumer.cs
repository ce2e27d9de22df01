using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;

namespace Ingest.Processor.Notices;

/// <summary>Answers a gateway that asks by which version a pipeline's lines are processed here.</summary>
internal sealed class DefinitionInquiryConsumer(PipelineCatalog catalog, ControlBus bus) : IControlConsumer<DefinitionInquiry>
{
    public async Task ConsumeAsync(DefinitionInquiry inquiry, CancellationToken cancellationToken)
    {
        if (catalog.Pipelines.Any(p => p.Name == inquiry.Pipeline))
            await bus.TellAsync(catalog.ToNotice(), cancellationToken);
    }
}
