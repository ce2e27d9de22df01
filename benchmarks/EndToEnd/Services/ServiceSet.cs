using Ingest.EndToEnd.Measuring;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Services;

/// <summary>A gateway, processors and a writer as processes of their own, for one pipeline.</summary>
internal sealed class ServiceSet : IAsyncDisposable
{
    /// <summary>The services' names, and their projects'.</summary>
    public static readonly IReadOnlyList<(string Name, string Project)> Programs = [("gateway", "Gateway"), ("processor", "Processor"), ("writer", "Writer")];

    private readonly List<(string Name, ServiceProcess Process)> _services = [];
    private readonly RabbitMqServer _rabbitMq;
    private readonly string _pipeline = TestNames.Pipeline();

    private ServiceSet(RabbitMqServer rabbitMq) => _rabbitMq = rabbitMq;

    /// <summary>Where lines are sent to.</summary>
    public int Port { get; } = FreePort.Next();

    public IReadOnlyList<(string Name, ServiceProcess Process)> All => _services;

    /// <summary>Returns when all of them take work.</summary>
    /// <param name="bench">The servers.</param>
    /// <param name="definition">The one pipeline.</param>
    /// <param name="database">Where its table is.</param>
    /// <param name="processors">How many of them.</param>
    /// <param name="environment">Added to every service's.</param>
    public static async Task<ServiceSet> StartAsync(
        Bench bench, Definition definition, PostgresDatabase database, int processors = 1, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var set = new ServiceSet(bench.RabbitMq);
        try
        {
            var folder = TestRun.CreateFolder("pipelines");
            await definition.WriteAsync(folder, set._pipeline, set.Port);
            foreach (var (name, project) in Programs)
            {
                var count = project == "Processor" ? processors : 1;
                for (var i = 1; i <= count; i++)
                    set._services.Add((count == 1 ? name : $"{name} {i}", Published.StartService(project, Surroundings(bench, database, folder, environment))));
            }

            foreach (var (name, service) in set._services)
                await service.WaitForLineAsync(line => line.Contains(name == "gateway" ? "Application started" : "Consuming", StringComparison.Ordinal), Bench.Deadline);
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the services and their servers use from now on.</summary>
    public CpuMeter Meter(Bench bench)
    {
        var meter = new CpuMeter();
        foreach (var (name, service) in _services)
            meter.Watch(name, service);
        return meter.Watch(bench.RabbitMq).Watch(bench.Postgres);
    }

    public string Describe(string what) => string.Join('\n', _services.Select(s => s.Process.Describe(what)));

    /// <summary>What a service needs in its environment.</summary>
    public static Dictionary<string, string?> Surroundings(
        Bench bench, PostgresDatabase database, string pipelines, IReadOnlyDictionary<string, string?>? more = null) => new(more ?? new Dictionary<string, string?>())
        {
            ["ConnectionStrings__RabbitMq"] = bench.RabbitMq.Uri.ToString(),
            ["ConnectionStrings__Database"] = database.ConnectionString,
            ["Ingest__Pipelines"] = pipelines,
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{FreePort.Next()}",
        };

    /// <summary>Kills them, since nothing is left to be finished, and removes their queues, which others would pay for.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (_, service) in _services)
            service.Kill();
        await Task.WhenAll(_services.Select(s => s.Process.DisposeAsync().AsTask()));
        await using var connection = await _rabbitMq.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var queue in (string[])["lines", "lines.suspects", "rows", "rows.suspects", "dead"])
            await channel.QueueDeleteAsync($"ingest.{_pipeline}.{queue}", ifUnused: false, ifEmpty: false);
    }
}
