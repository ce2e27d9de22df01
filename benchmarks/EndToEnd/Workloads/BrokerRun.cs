using System.Diagnostics;
using Ingest.EndToEnd.Inputs;
using Ingest.EndToEnd.Measuring;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;
using Npgsql;

namespace Ingest.EndToEnd.Workloads;

/// <summary>
/// Lines through gateway, RabbitMQ, processor and writer into PostgreSQL, from the start of whoever sends them to the
/// commit of the last one. The services are new and ready; compiling their code is part of the run unless they are warmed up.
/// </summary>
internal sealed class BrokerRun(Bench bench, Definition definition)
{
    /// <summary>The most that a run may be longer than what it measures.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    public int Processors { get; init; } = 1;

    /// <summary>Added to the services' environment.</summary>
    public IReadOnlyDictionary<string, string?>? Environment { get; init; }

    /// <summary>Sent first, one after the other, and taken out of the database again, so that the services' code is compiled before the run.</summary>
    public IReadOnlyList<Input> WarmUps { get; init; } = [];

    /// <summary>Waits for the lines to be sent and committed, and may look at the services meanwhile.</summary>
    public Func<ServiceSet, NpgsqlConnection, Task, Task>? Meanwhile { get; init; }

    /// <summary>A plain ncat whose standard input is the file.</summary>
    public Task<Measurement> SendAsync(Input input) => SendAsync(input, input.File, Ncat);

    /// <param name="input">What is sent, in all.</param>
    /// <param name="file">The first command's standard input.</param>
    /// <param name="commands">Those who send it, given the port.</param>
    public async Task<Measurement> SendAsync(Input input, string file, Func<int, IReadOnlyList<Command>> commands)
    {
        await using var database = await bench.CreateDatabaseAsync();
        await using var services = await ServiceSet.StartAsync(bench, definition, database, Processors, Environment);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();

        foreach (var lines in WarmUps)
            await WarmUpAsync(lines, services, database, connection);

        var meter = services.Meter(bench);
        var watch = Stopwatch.StartNew();
        var sending = CommandLine.RunAsync(file, Bench.Deadline, commands(services.Port));
        if (Meanwhile is not null)
            await Meanwhile(services, connection, sending);
        await sending;
        await AreCommittedAsync(input.Lines, services, connection);

        var seconds = watch.Elapsed.TotalSeconds;
        var costs = meter.Read();
        var rows = await Ledger.CheckAsync(connection, definition.Table, input.Lines, definition.Keeps(input));
        return new Measurement(seconds, input.Bytes, input.Lines, rows, costs);
    }

    private async Task WarmUpAsync(Input lines, ServiceSet services, PostgresDatabase database, NpgsqlConnection connection)
    {
        await CommandLine.RunAsync(lines.File, Bench.Deadline, Ncat(services.Port));
        await AreCommittedAsync(lines.Lines, services, connection);
        await database.ExecuteAsync($"truncate {definition.Table}, {Ledger.Tables}");
        await database.ExecuteAsync("checkpoint");
    }

    private static async Task AreCommittedAsync(long lines, ServiceSet services, NpgsqlConnection connection)
    {
        var watch = Stopwatch.StartNew();
        while (!await Ledger.HoldsAsync(connection, lines))
        {
            if (watch.Elapsed > Bench.Deadline)
                throw new TimeoutException(services.Describe("did not commit everything"));
            await Task.Delay(LookEvery);
        }
    }

    public static IReadOnlyList<Command> Ncat(int port) => [new Command("ncat", [.. TestSupport.Ncat.Find()!.Command(port)])];
}
