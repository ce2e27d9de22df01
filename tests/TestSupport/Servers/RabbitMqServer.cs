using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using Testcontainers.RabbitMq;

namespace Ingest.TestSupport;

/// <summary>A RabbitMQ broker of one node.</summary>
public sealed class RabbitMqServer : TestServer
{
    private const string Image = "rabbitmq:4-management";

    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(15);

    private RabbitMqServer(ServerInstance instance) : base(instance)
    {
    }

    /// <summary>An amqp:// URI with user and password.</summary>
    public Uri Uri => new(Instance.Address);

    /// <summary>The broker that <c>INGEST_TEST_RABBITMQ</c> names (an amqp URI), else one of its own.</summary>
    /// <exception cref="ServiceUnavailableException">There is none to be had.</exception>
    public static async Task<RabbitMqServer> StartAsync() =>
        Environment.GetEnvironmentVariable("INGEST_TEST_RABBITMQ") is { Length: > 0 } given
            ? new RabbitMqServer(new ExternalServer(given))
            : await StartOwnAsync();

    /// <summary>A broker that the caller may pause, kill and restart.</summary>
    /// <exception cref="ServiceUnavailableException">There is none to be had.</exception>
    public static async Task<RabbitMqServer> StartOwnAsync() => new(await StartAsync(
        NativeRabbitMq.Find,
        () => ContainerServer.Find(Image, BuildContainer, container => container.GetConnectionString()),
        "No RabbitMQ: install it (Debian, Ubuntu: apt-get install rabbitmq-server), start Docker, or set INGEST_TEST_RABBITMQ."));

    /// <summary>A connection that does not come back by itself.</summary>
    public Task<IConnection> ConnectAsync() => ConnectAsync(Instance.Address);

    /// <summary>Runs <c>rabbitmqctl</c>, which takes one or two seconds, and returns what it printed.</summary>
    public Task<string> ControlAsync(params string[] arguments) => Instance.RunToolAsync("rabbitmqctl", arguments);

    internal static async Task<IConnection> ConnectAsync(string uri)
    {
        var factory = new ConnectionFactory { Uri = new Uri(uri), AutomaticRecoveryEnabled = false };
        // The client's own limits leave out the end of a connection to a broker that has stopped answering.
        using var late = new CancellationTokenSource(ConnectDeadline);
        return await factory.CreateConnectionAsync(late.Token).WaitAsync(late.Token);
    }

    // The port is fixed because a container that starts again gets another one otherwise.
    private static RabbitMqContainer BuildContainer() => new RabbitMqBuilder(Image)
        .WithPortBinding(FreePort.Next(), RabbitMqBuilder.RabbitMqPort)
        .WithLogger(NullLogger.Instance)
        .Build();
}
