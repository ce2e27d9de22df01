using System.Diagnostics;
using Ingest.TestSupport;

namespace Ingest.EndToEnd;

/// <summary>What one process cost.</summary>
internal sealed record ProcessCost(string Name, double CpuSeconds, long PeakBytes);

/// <param name="Seconds">From the sender's start to the commit of the last line.</param>
/// <param name="Rows">Rows in the table.</param>
internal sealed record Result(Workload Workload, Input Input, double Seconds, long Rows, IReadOnlyList<ProcessCost> Costs);

/// <summary>Sends the input once through real services, and measures what each process used for it.</summary>
internal static class Run
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    public static async Task<Result> MeasureAsync(Workload workload, Input input, RabbitMqServer rabbitMq, PostgresServer postgres)
    {
        await using var database = await PostgresDatabase.CreateAsync(postgres);
        var port = FreePort.Next();
        var folder = TestRun.CreateFolder("pipelines");
        await File.WriteAllTextAsync(Path.Combine(folder, "pipeline.yaml"), $"pipeline: {TestNames.Pipeline()}\nlisten: {port}\n{workload.Definition}\n");
        await using var gateway = Start("Gateway", folder, rabbitMq, database);
        await using var processor = Start("Processor", folder, rabbitMq, database);
        await using var writer = Start("Writer", folder, rabbitMq, database);
        (string Name, ServiceProcess Process)[] services = [("gateway", gateway), ("processor", processor), ("writer", writer)];
        foreach (var (_, service) in services)
            await service.WaitForLineAsync(line => line.Contains("Application started", StringComparison.Ordinal), Deadline);
        foreach (var service in new[] { processor, writer })
            await service.WaitForLineAsync(line => line.Contains("Consuming", StringComparison.Ordinal), Deadline);

        var before = Cpu(services, rabbitMq, postgres);
        var watch = Stopwatch.StartNew();
        var ncat = Ncat.Find() ?? throw new InvalidOperationException("No ncat: install it (Debian, Ubuntu: apt-get install ncat).");
        var sent = await ncat.SendFileAsync(port, input.File, Deadline);
        if (sent.ExitCode != 0)
            throw new InvalidOperationException($"ncat failed: {sent.Error}\n{gateway.Describe("runs")}");
        await Eventually.HoldsAsync(
            async () => await database.ScalarAsync<long>("SELECT coalesce(sum(lines), 0)::bigint FROM ingest_batches") == input.Lines,
            Deadline,
            () => writer.Describe("did not commit everything"));
        var seconds = watch.Elapsed.TotalSeconds;
        var after = Cpu(services, rabbitMq, postgres);

        var rows = await database.ScalarAsync<long>($"SELECT count(*) FROM {workload.Table}");
        var costs = before.Select(b => new ProcessCost(
            b.Name,
            after.First(a => a.Name == b.Name).Seconds - b.Seconds,
            services.FirstOrDefault(s => s.Name == b.Name).Process?.MemoryBytes.PeakBytes ?? 0));
        return new Result(workload, input, seconds, rows, [.. costs]);
    }

    private static (string Name, double Seconds)[] Cpu(
        (string Name, ServiceProcess Process)[] services, RabbitMqServer rabbitMq, PostgresServer postgres) =>
    [
        .. services.Select(s => (s.Name, CpuTime.OfProcesses([s.Process.Id]))),
        ("rabbitmq", CpuTime.OfProcesses(rabbitMq.ProcessIds)),
        ("postgres", CpuTime.OfProcesses(postgres.ProcessIds)),
    ];

    private static ServiceProcess Start(string project, string pipelines, RabbitMqServer rabbitMq, PostgresDatabase database) =>
        ServiceProcess.Start(project, environment: new Dictionary<string, string?>
        {
            ["ConnectionStrings__RabbitMq"] = rabbitMq.Uri.ToString(),
            ["ConnectionStrings__Database"] = database.ConnectionString,
            ["Ingest__Pipelines"] = pipelines,
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{FreePort.Next()}",
        });
}
