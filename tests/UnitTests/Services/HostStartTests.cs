using Ingest.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ingest.UnitTests.Services;

/// <summary>What a process says with its exit code.</summary>
public sealed class HostStartTests
{
    [Fact]
    public async Task A_host_whose_part_failed_ends_with_another_code_than_one_that_was_stopped()
    {
        using var failing = Build(Task.FromException(new InvalidOperationException("unforeseen")));
        await failing.StartOrStopAsync();
        Assert.Equal(ExitCodes.Failed, await failing.WaitForExitCodeAsync());

        using var stopped = Build(Task.CompletedTask);
        await stopped.StartOrStopAsync();
        stopped.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.Equal(ExitCodes.Success, await stopped.WaitForExitCodeAsync());
    }

    private static IHost Build(Task work)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHostedService(_ => new Part(work));
        return builder.Build();
    }

    private sealed class Part(Task work) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => work;
    }
}
