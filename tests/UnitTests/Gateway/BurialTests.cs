using Ingest.Gateway;
using Ingest.Gateway.Receipts;
using Ingest.Messaging;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ingest.UnitTests.Gateway;

/// <summary>A stage whose queue buried a batch, and a gateway as it is composed, over the real control bus in memory.</summary>
public class BurialTests
{
    [Fact]
    public async Task A_receipt_of_commits_does_not_wait_for_a_batch_that_is_dead()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new PipelineCatalog([Definitions.RefusingAll()]))
            .AddSingleton<StageHealth>()
            .AddControlBus()
            .AddHostedService<BurialNotifier>();
        builder.AddInMemoryQueues().AddInProcessControlBus().AddGateway();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        var batch = Guid.NewGuid();
        using var tally = host.Services.GetRequiredService<CommitTally>().Open(Guid.NewGuid(), "p");
        await tally.AddAsync(batch, CancellationToken.None);
        var settled = tally.AllSettledAsync();
        IQueueProblems stage = host.Services.GetRequiredService<StageHealth>();
        stage.Buried("p", "a damaged batch has no id");
        stage.Buried("p", Guid.NewGuid().ToString());
        Assert.False(settled.IsCompleted);
        stage.Buried("p", batch.ToString());
        await settled.SoonAsync();
        Assert.Equal((1, 0), (tally.Dead, tally.Written));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }
}
