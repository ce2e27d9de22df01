using Ingest.EndToEnd.Inputs;
using Ingest.EndToEnd.Measuring;
using Ingest.TestSupport;

namespace Ingest.EndToEnd;

/// <summary>What every workload runs with.</summary>
internal sealed class Bench(Input input, bool quick, RabbitMqServer rabbitMq, PostgresServer postgres)
{
    /// <summary>Far above what anything here takes: it ends a hang.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    private readonly Dictionary<long, Input> _slices = [];
    private readonly Dictionary<bool, string> _packed = [];

    public Input Input => input;

    /// <summary>The input's first lines as a file of their own, for what would take too long with all of them.</summary>
    public async Task<Input> SliceAsync(long lines)
    {
        if (!_slices.TryGetValue(lines, out var slice))
            _slices[lines] = slice = await input.TakeAsync(lines);
        return slice;
    }

    /// <summary>The input as an xz file, made once.</summary>
    /// <param name="blocks">Whether it has a block for each 32 MiB, as xz's threads make them, or one in all.</param>
    public async Task<string> PackAsync(bool blocks)
    {
        if (_packed.TryGetValue(blocks, out var made))
            return made;
        var file = Path.Combine(TestRun.CreateFolder("packed"), "comments.ndjson.xz");
        var how = blocks ? "-T0 --block-size=32MiB" : "-T1";
        await CommandLine.RunAsync(input.File, Deadline, new Command("xz", "/bin/sh", "-c", $"exec xz -c -1 {how} > \"$0\"", file));
        return _packed[blocks] = file;
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
