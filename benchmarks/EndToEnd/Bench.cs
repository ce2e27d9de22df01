using Ingest.EndToEnd.Inputs;
using Ingest.TestSupport;

namespace Ingest.EndToEnd;

/// <summary>What every workload runs with.</summary>
internal sealed class Bench(Input input, bool quick, RabbitMqServer rabbitMq, PostgresServer postgres)
{
    /// <summary>Far above what anything here takes: it ends a hang.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(15);

    public Input Input => input;

    /// <summary>Fewer repetitions within a run.</summary>
    public bool Quick => quick;

    public RabbitMqServer RabbitMq => rabbitMq;

    public PostgresServer Postgres => postgres;

    /// <summary>
    /// A new database. What earlier ones left to be written is written first, so that no run pays for another.
    /// </summary>
    public async Task<PostgresDatabase> CreateDatabaseAsync()
    {
        var database = await PostgresDatabase.CreateAsync(postgres);
        await database.ExecuteAsync("checkpoint");
        return database;
    }
}
