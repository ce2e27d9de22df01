using Microsoft.Extensions.Logging.Abstractions;
using Testcontainers.PostgreSql;

namespace Ingest.TestSupport;

/// <summary>A PostgreSQL server.</summary>
public sealed class PostgresServer : TestServer
{
    private const string Image = "postgres:17";

    private PostgresServer(ServerInstance instance) : base(instance)
    {
    }

    /// <summary>An Npgsql connection string of a user that may create databases.</summary>
    public string ConnectionString => Instance.Address;

    /// <summary>
    /// The server that <c>INGEST_TEST_POSTGRES</c> names (an Npgsql connection string), else one of its own.
    /// </summary>
    /// <exception cref="ServiceUnavailableException">There is none to be had.</exception>
    public static async Task<PostgresServer> StartAsync() =>
        Environment.GetEnvironmentVariable("INGEST_TEST_POSTGRES") is { Length: > 0 } given
            ? new PostgresServer(new ExternalServer(given))
            : await StartOwnAsync();

    /// <summary>A server that the caller may pause, kill and restart.</summary>
    /// <exception cref="ServiceUnavailableException">There is none to be had.</exception>
    public static async Task<PostgresServer> StartOwnAsync() => new(await StartAsync(
        NativePostgres.Find,
        () => ContainerServer.Find(Image, BuildContainer, container => container.GetConnectionString()),
        "No PostgreSQL: install it (Debian, Ubuntu: apt-get install postgresql), start Docker, or set INGEST_TEST_POSTGRES."));

    // The port is fixed because a container that starts again gets another one otherwise. Testcontainers turns
    // durability off, with which a killed server forgets what it has committed.
    private static PostgreSqlContainer BuildContainer() => new PostgreSqlBuilder(Image)
        .WithPortBinding(FreePort.Next(), PostgreSqlBuilder.PostgreSqlPort)
        .WithCommand("-c", "fsync=on", "-c", "full_page_writes=on", "-c", "synchronous_commit=on")
        .WithLogger(NullLogger.Instance)
        .Build();
}
