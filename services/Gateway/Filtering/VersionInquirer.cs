using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.Hosting;

namespace Ingest.Gateway.Filtering;

/// <summary>Asks the processors which definitions they work by, when somebody wants to know.</summary>
internal sealed class VersionInquirer(ProcessorVersions processors, ControlBus bus) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var pipeline in processors.Questions.ReadAllAsync(stoppingToken))
                await bus.TellAsync(new DefinitionInquiry { Pipeline = pipeline }, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Nothing is pushed down without an answer.
        }
    }
}
