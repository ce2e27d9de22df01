using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Ingest.TestSupport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ingest.IntegrationTests.Queues;

/// <summary>What the control bus leaves on a broker.</summary>
public sealed class ControlQueueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_process_own_queue_expires_where_a_broker_that_died_with_the_process_brings_it_back()
    {
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:RabbitMq", broker.Uri.ToString())]);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<StageHealth>();
        builder.Services.AddControlBus();
        builder.Services.AddControlConsumer<Listener, DefinitionsInUse>(Audience.Everyone);
        builder.Services.AddControlConsumer<Worker, DefinitionInquiry>(Audience.AnyOne);
        builder.AddRabbitMqQueues().AddRabbitMqControlBus();
        using var host = builder.Build();
        await host.StartAsync(Token);

        var queues = "";
        await Eventually.HoldsAsync(
            async () => (queues = await broker.ControlAsync("list_queues", "--quiet", "name", "auto_delete", "arguments")).Split('\n').Count(l => l.Contains("ingest.control", StringComparison.Ordinal)) == 2,
            BrokerFixture.Deadline,
            () => $"Two queues were to be made: {queues}");
        await host.StopAsync(Token);
        Assert.Contains("x-expires\",600000", Line("listener."), StringComparison.Ordinal);
        Assert.DoesNotContain("x-expires", Line("worker"), StringComparison.Ordinal);

        string Line(string consumer) =>
            Assert.Single(queues.Split('\n'), line => line.StartsWith($"ingest.control.{consumer}", StringComparison.Ordinal));
    }

    private sealed class Listener : IControlConsumer<DefinitionsInUse>
    {
        public Task ConsumeAsync(DefinitionsInUse message, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Worker : IControlConsumer<DefinitionInquiry>
    {
        public Task ConsumeAsync(DefinitionInquiry message, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
