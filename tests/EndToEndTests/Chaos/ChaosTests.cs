using Ingest.TestSupport;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>Real processes killed, paused and stopped at random while numbered lines come in. tests/chaos.sh runs it for longer.</summary>
[Collection(Alone.Name)]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(5);

    /// <summary>Faults hold the senders up; they go on for so many times the planned time at most.</summary>
    private const double LongestFaults = 1.25;

    [Fact]
    public async Task Whatever_is_killed_paused_or_stopped_every_receipted_line_is_there_once()
    {
        var settings = ChaosSettings.FromEnvironment();
        var tally = new Tally(output.WriteLine);
        tally.Log($"{settings} (INGEST_CHAOS_SEED={settings.Seed} draws these faults again)");

        // A broker that somebody else runs is not ours to interrupt.
        var brokerIsOurs = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("INGEST_TEST_RABBITMQ"));
        await using var deployment = await Deployment.StartAsync(brokerIsOurs);
        NumberedProducer[] producers =
        [
            .. Enumerable.Range(1, 3).Select(p => Produce(p, deployment.Queued)),
            Produce(4, deployment.Committed),
            Produce(5, deployment.Keyless),
        ];
        await SendThroughFaultsAsync(deployment, producers, brokerIsOurs, settings, tally);

        var audit = new LedgerAudit(deployment.Database);
        await audit.EnterAsync(tally.Runs, deployment.Keyless.Name);
        await Eventually.HoldsAsync(
            async () => await deployment.MessagesAsync("lines", "lines.suspects", "rows", "rows.suspects") == 0 && await audit.IsCompleteAsync(),
            Settling,
            () => $"Everything was to be in the ledger.\n{tally}\n{string.Join('\n', deployment.Services.Select(s => s.Describe()))}");
        foreach (var service in deployment.Services)
        {
            if (await service.StopAsync() is { } problem)
                tally.Violated(problem);
        }

        await audit.CheckAsync(tally);
        if (await deployment.MessagesAsync("dead") is > 0 and var dead)
            tally.Violated($"{dead} batches are dead");
        tally.Log($"{tally}\n{await audit.SumsAsync()}\n{string.Join(", ", deployment.Services.Select(s => $"{s.Name} {s.PeakBytes / 1_000_000} MB"))} at most");
        Assert.Empty(tally.Violations);

        NumberedProducer Produce(int number, (string Name, int Port) pipeline) => new(number, pipeline.Name, pipeline.Port, settings, tally);
    }

    /// <summary>Faults go on for as long as there are lines to send, but not for ever: then the rest is sent in peace.</summary>
    private static async Task SendThroughFaultsAsync(
        Deployment deployment, NumberedProducer[] producers, bool brokerIsOurs, ChaosSettings settings, Tally tally)
    {
        var sending = Task.WhenAll(producers.Select(p => p.RunAsync(TestContext.Current.CancellationToken)));

        // RabbitMQ 3.10 cannot lead a queue whose making it was killed in.
        await Eventually.HoldsAsync(
            async () => await deployment.Database.ScalarAsync<long>("SELECT count(DISTINCT pipeline) FROM ingest_batches") == deployment.Pipelines.Count,
            PipelineUnderTest.Deadline,
            () => "Every pipeline was to work before the first fault.");
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stopping.CancelAfter(settings.Time * LongestFaults);
        Victim[] servers = [.. brokerIsOurs ? [new ServerVictim("rabbitmq", deployment.Broker)] : Array.Empty<Victim>(), new ServerVictim("postgres", deployment.Postgres)];
        var faults = Task.WhenAll(
            new FaultInjector(deployment.Services, new Random(settings.Seed), TimeSpan.FromSeconds(3), tally).RunAsync(stopping.Token),
            new FaultInjector(servers, new Random(settings.Seed + 1), TimeSpan.FromSeconds(10), tally).RunAsync(stopping.Token));
        await Task.WhenAny(sending, faults);
        if (!faults.IsFaulted)
            await stopping.CancelAsync();
        try
        {
            await faults;
        }
        finally
        {
            tally.Faults.End();
        }

        tally.Log("The faults are over");
        try
        {
            await sending.WaitAsync(Settling);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Everything was to be receipted.\n{tally}\n{string.Join('\n', deployment.Services.Select(s => s.Describe()))}");
        }

        tally.Log("Everything is receipted");
    }
}
