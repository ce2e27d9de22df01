using Ingest.Gateway.Filtering;
using Ingest.Processor.Notices;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Gateway;

public class VersionInquiryTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_gateway_that_wants_to_know_hears_the_processors_version()
    {
        // Gateway and processor over the real control bus, in memory; the processor's first word was lost.
        var definition = Definitions.RefusingAll();
        var processors = new ProcessorVersions(_time);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddSingleton<TimeProvider>(_time)
            .AddSingleton(new PipelineCatalog([definition]))
            .AddControlBus()
            .AddSingleton(processors)
            .AddControlConsumer<VersionConsumer, DefinitionsInUse>(Audience.Everyone)
            .AddControlConsumer<DefinitionInquiryConsumer, DefinitionInquiry>(Audience.Everyone)
            .AddHostedService<VersionInquirer>();
        builder.AddInProcessControlBus();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.False(processors.AgreeOn("p", definition.Version));
        await TestSupport.Eventually.HoldsAsync(
            () => processors.AgreeOn("p", definition.Version), TimeSpan.FromSeconds(60), () => "The processor was to answer.");
        Assert.False(processors.AgreeOn("p", "another"));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Processors_are_asked_again_now_and_then_and_sooner_when_nobody_has_answered()
    {
        var processors = new ProcessorVersions(_time);
        Assert.True(IsAsked());
        Assert.False(IsAsked());
        _time.Advance(ProcessorVersions.AskFirstEvery);
        Assert.True(IsAsked());

        processors.Hear("p", "1");
        _time.Advance(ProcessorVersions.AskEvery - TimeSpan.FromTicks(1));
        Assert.False(IsAsked());
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(IsAsked());

        bool IsAsked()
        {
            processors.AgreeOn("p", "1");
            return processors.Questions.TryRead(out _);
        }
    }

    [Fact]
    public void One_pipeline_s_processors_say_nothing_of_another_s()
    {
        var processors = new ProcessorVersions(_time);
        processors.Hear("p", "1");
        processors.Hear("q", "2");
        Assert.True(processors.AgreeOn("p", "1") && processors.AgreeOn("q", "2"));
        Assert.False(processors.AgreeOn("p", "2") || processors.AgreeOn("r", "1"));
    }
}
