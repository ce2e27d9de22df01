using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary>The three services as processes of their own, working on one definition over a real broker and database.</summary>
internal sealed class PipelineUnderTest : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly Dictionary<string, string?> _environment;

    private PipelineUnderTest(string name, int port, Dictionary<string, string?> environment, PostgresDatabase database) =>
        (Name, Port, _environment, Database) = (name, port, environment, database);

    public string Name { get; }

    public int Port { get; }

    public PostgresDatabase Database { get; }

    /// <summary>What the services find in their environment, for commands that work on the same servers.</summary>
    public IReadOnlyDictionary<string, string?> Environment => _environment;

    public string DefinitionFolder => _environment["Ingest__Pipelines"]!;

    public ServiceProcess Gateway { get; private set; } = null!;

    public Uri GatewayMetrics { get; private set; } = null!;

    public Uri WriterMetrics { get; private set; } = null!;

    /// <summary>Where the writer says how it is.</summary>
    public Uri WriterHealth { get; private set; } = null!;

    public ServiceProcess Processor { get; private set; } = null!;

    public ServiceProcess Writer { get; private set; } = null!;

    /// <param name="servers">The test assembly's servers.</param>
    /// <param name="definition">A definition without its name and port.</param>
    /// <param name="rabbitMq">A broker of the test's own, where it interrupts the broker.</param>
    /// <param name="settings">Environment variables of the services.</param>
    public static async Task<PipelineUnderTest> StartAsync(
        SharedServers servers, string definition, RabbitMqServer? rabbitMq = null, params (string Key, string Value)[] settings) =>
        await StartAsync(servers, await servers.PostgresAsync(), definition, rabbitMq, settings);

    /// <param name="servers">The test assembly's servers.</param>
    /// <param name="postgres">A server of the test's own, which it interrupts.</param>
    /// <param name="definition">A definition without its name and port.</param>
    /// <param name="rabbitMq">A broker of the test's own, where it interrupts the broker.</param>
    /// <param name="settings">Environment variables of the services.</param>
    public static async Task<PipelineUnderTest> StartAsync(
        SharedServers servers,
        PostgresServer postgres,
        string definition,
        RabbitMqServer? rabbitMq = null,
        params (string Key, string Value)[] settings)
    {
        var broker = rabbitMq ?? await servers.RabbitMqAsync();
        var database = await PostgresDatabase.CreateAsync(postgres);
        var (name, port) = (TestNames.Pipeline(), FreePort.Next());
        var folder = TestRun.CreateFolder(name);
        await File.WriteAllTextAsync(Path.Combine(folder, "pipeline.yaml"), $"pipeline: {name}\nlisten: {port}\n{definition}");
        var pipeline = new PipelineUnderTest(
            name,
            port,
            new Dictionary<string, string?>
            {
                ["ConnectionStrings__RabbitMq"] = broker.Uri.ToString(),
                ["ConnectionStrings__Database"] = database.ConnectionString,
                ["Ingest__Pipelines"] = folder,
            },
            database);
        foreach (var (key, value) in settings)
            pipeline._environment[key] = value;
        pipeline.Gateway = pipeline.Start("Gateway");
        pipeline.Processor = pipeline.Start("Processor");
        pipeline.Writer = pipeline.Start("Writer");
        foreach (var service in new[] { pipeline.Gateway, pipeline.Processor, pipeline.Writer })
            await StartedAsync(service);
        return pipeline;
    }

    /// <summary>Starts a service again that has ended.</summary>
    public async Task StartAgainAsync(ServiceProcess ended)
    {
        await ended.DisposeAsync();
        if (ended == Gateway)
            await StartedAsync(Gateway = Start("Gateway"));
        else if (ended == Processor)
            await StartedAsync(Processor = Start("Processor"));
        else
            await StartedAsync(Writer = Start("Writer"));
    }

    /// <summary>Waits until every line of every ended source is in the ledger.</summary>
    public Task AllLinesAreAccountedForAsync(long lines, int sources = 1) => Eventually.HoldsAsync(
        async () => await EndedSourcesAsync() == sources && await LinesAsync() == lines,
        Deadline,
        () => $"{lines} lines of {sources} sources were to be in the ledger.\n{Gateway.Describe("runs")}\n{Processor.Describe("runs")}\n{Writer.Describe("runs")}");

    /// <summary>The ledger's sums: lines, written, duplicate, filtered, rejected.</summary>
    public async Task<(long Lines, long Written, long Duplicate, long Filtered, long Rejected)> BalanceAsync() =>
        (await LinesAsync(), await SumAsync("written"), await SumAsync("duplicate"), await SumAsync("filtered"), await SumAsync("rejected"));

    /// <summary>Lines in the ledger.</summary>
    public Task<long> LinesAsync() => SumAsync("lines");

    public async ValueTask DisposeAsync()
    {
        foreach (var service in new[] { Gateway, Processor, Writer })
            await service.DisposeAsync();
        await Database.DisposeAsync();
    }

    private async Task<long> SumAsync(string column) =>
        await TableExistsAsync() ? await Database.ScalarAsync<long>($"SELECT coalesce(sum({column}), 0)::bigint FROM ingest_batches") : 0;

    private async Task<long> EndedSourcesAsync() =>
        await TableExistsAsync() ? await Database.ScalarAsync<long>("SELECT count(*) FROM ingest_sources") : 0;

    private Task<bool> TableExistsAsync() => Database.ScalarAsync<bool>("SELECT to_regclass('ingest_sources') IS NOT NULL");

    private static Task<string> StartedAsync(ServiceProcess service) =>
        service.WaitForLineAsync(line => line.Contains("Application started", StringComparison.Ordinal), Deadline);

    private ServiceProcess Start(string project)
    {
        var url = $"http://127.0.0.1:{FreePort.Next()}";
        if (project == "Gateway")
            GatewayMetrics = new Uri($"{url}/metrics");
        else if (project == "Writer")
            (WriterMetrics, WriterHealth) = (new Uri($"{url}/metrics"), new Uri($"{url}/health/"));
        return ServiceProcess.Start(project, environment: new Dictionary<string, string?>(_environment) { ["ASPNETCORE_URLS"] = url });
    }
}
