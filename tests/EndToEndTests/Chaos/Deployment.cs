using Ingest.TestSupport;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>A gateway, two processors and a writer over three pipelines, on a broker and a database of their own.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    private Deployment(RabbitMqServer broker, PostgresServer postgres, PostgresDatabase database) =>
        (Broker, Postgres, Database) = (broker, postgres, database);

    public RabbitMqServer Broker { get; }

    public PostgresServer Postgres { get; }

    public PostgresDatabase Database { get; }

    /// <summary>Names and ports. A producer that resends into the one without a key leaves copies, of other runs.</summary>
    public (string Name, int Port) Queued { get; } = (TestNames.Pipeline(), FreePort.Next());

    /// <inheritdoc cref="Queued"/>
    public (string Name, int Port) Committed { get; } = (TestNames.Pipeline(), FreePort.Next());

    /// <inheritdoc cref="Queued"/>
    public (string Name, int Port) Keyless { get; } = (TestNames.Pipeline(), FreePort.Next());

    public IReadOnlyList<ServiceVictim> Services { get; private set; } = [];

    public IReadOnlyList<string> Pipelines => [Queued.Name, Committed.Name, Keyless.Name];

    /// <param name="brokerIsOurs">Whether the broker may be interrupted.</param>
    public static async Task<Deployment> StartAsync(bool brokerIsOurs)
    {
        var broker = await SharedServers.OrSkipAsync<RabbitMqServer>(brokerIsOurs ? RabbitMqServer.StartOwnAsync : RabbitMqServer.StartAsync);
        var postgres = await SharedServers.OrSkipAsync(PostgresServer.StartOwnAsync);
        var deployment = new Deployment(broker, postgres, await PostgresDatabase.CreateAsync(postgres));
        var folder = TestRun.CreateFolder("chaos");
        await WriteAsync(deployment.Queued, "table: queued\nkey: [p, n]");
        await WriteAsync(deployment.Committed, "table: committed\nkey: [p, n]\nacknowledge: committed");
        await WriteAsync(deployment.Keyless, "table: keyless");
        deployment.Services =
        [
            deployment.Create("gateway", "Gateway", folder),
            deployment.Create("processor-1", "Processor", folder),
            deployment.Create("processor-2", "Processor", folder),
            deployment.Create("writer", "Writer", folder),
        ];
        foreach (var service in deployment.Services)
            await service.StartAsync();
        foreach (var service in deployment.Services)
            await service.StartedAsync();
        return deployment;

        Task WriteAsync((string Name, int Port) pipeline, string where) => File.WriteAllTextAsync(
            Path.Combine(folder, pipeline.Name + ".yaml"), $"pipeline: {pipeline.Name}\nlisten: {pipeline.Port}\n{where}\n{NumberedLines.Definition}\n");
    }

    /// <summary>Messages in the pipelines' queues that no consumer holds.</summary>
    public async Task<long> MessagesAsync(params string[] queues)
    {
        var messages = 0L;
        await using var connection = await Broker.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var (pipeline, queue) in Pipelines.SelectMany(_ => queues, (pipeline, queue) => (pipeline, queue)))
            messages += (await channel.QueueDeclarePassiveAsync($"ingest.{pipeline}.{queue}")).MessageCount;
        return messages;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in Services)
            await service.DisposeAsync();
        await Database.DisposeAsync();
        await Postgres.DisposeAsync();
        await Broker.DisposeAsync();
    }

    private ServiceVictim Create(string name, string project, string folder) => new(name, project, new Dictionary<string, string?>
    {
        ["ConnectionStrings__RabbitMq"] = Broker.Uri.ToString(),
        ["ConnectionStrings__Database"] = Database.ConnectionString,
        ["Ingest__Pipelines"] = folder,
        ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{FreePort.Next()}",
    });
}
