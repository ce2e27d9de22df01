using Ingest.EndToEnd.Measuring;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Services;

/// <summary>A gateway, processors and a writer as processes of their own, for one pipeline.</summary>
internal sealed class ServiceSet : IAsyncDisposable
{
    private readonly List<(string Name, ServiceProcess Process)> _services = [];

    private ServiceSet(int port) => Port = port;

    /// <summary>Where lines are sent to.</summary>
    public int Port { get; }

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
        var set = new ServiceSet(FreePort.Next());
        try
        {
            var folder = TestRun.CreateFolder("pipelines");
            await definition.WriteAsync(folder, TestNames.Pipeline(), set.Port);
            set.Start("gateway", "Gateway", folder, bench, database, environment);
            for (var i = 0; i < processors; i++)
                set.Start(processors == 1 ? "processor" : $"processor {i + 1}", "Processor", folder, bench, database, environment);
            set.Start("writer", "Writer", folder, bench, database, environment);
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

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, service) in _services)
            await service.DisposeAsync();
    }

    private void Start(
        string name, string project, string pipelines, Bench bench, PostgresDatabase database, IReadOnlyDictionary<string, string?>? environment)
    {
        var variables = new Dictionary<string, string?>(environment ?? new Dictionary<string, string?>())
        {
            ["ConnectionStrings__RabbitMq"] = bench.RabbitMq.Uri.ToString(),
            ["ConnectionStrings__Database"] = database.ConnectionString,
            ["Ingest__Pipelines"] = pipelines,
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{FreePort.Next()}",
        };
        _services.Add((name, ServiceProcess.Start(project, environment: variables)));
    }
}
