using Ingest.EndToEnd.Inputs;
using Ingest.TestSupport;

namespace Ingest.EndToEnd;

/// <summary>What every workload runs with.</summary>
internal sealed class Bench(Input input, bool quick, RabbitMqServer rabbitMq, PostgresServer postgres)
{
    /// <summary>Far above what anything here takes: it ends a hang.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    private readonly Dictionary<long, Input> _slices = [];

    public Input Input => input;

    /// <summary>The input's first lines as a file of their own, for what would take too long with all of them.</summary>
    public async Task<Input> SliceAsync(long lines)
    {
        if (!_slices.TryGetValue(lines, out var slice))
            _slices[lines] = slice = await input.TakeAsync(lines);
        return slice;
    }

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
