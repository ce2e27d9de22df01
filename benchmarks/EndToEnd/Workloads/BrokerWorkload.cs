using System.Diagnostics;
using Ingest.EndToEnd.Measuring;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;
using Npgsql;

namespace Ingest.EndToEnd.Workloads;

/// <summary>
/// The input through a real ncat, gateway, RabbitMQ, processor and writer into PostgreSQL, from the start of ncat to the
/// commit of the last line. The services are new and ready; compiling their code is part of the run.
/// </summary>
internal sealed class BrokerWorkload(string name, Definition definition) : Workload(name, Side.Ours)
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(10);

    public override string? Missing => Ncat.Find() is null ? "no ncat" : null;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        await using var database = await bench.CreateDatabaseAsync();
        await using var services = await ServiceSet.StartAsync(bench, definition, database);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();

        var meter = services.Meter(bench);
        var watch = Stopwatch.StartNew();
        await CommandLine.RunAsync(bench.Input.File, Bench.Deadline, new Command("ncat", [.. Ncat.Find()!.Command(services.Port)]));
        await WaitAsync(connection, bench.Input.Lines, watch, services);
        var seconds = watch.Elapsed.TotalSeconds;
        var costs = meter.Read();

        var rows = await Ledger.CheckAsync(connection, definition.Table, bench.Input.Lines, definition == Definition.AllRows ? bench.Input.Rows : bench.Input.Kept);
        return new Measurement(seconds, bench.Input.Bytes, bench.Input.Lines, rows, costs);
    }

    private static async Task WaitAsync(NpgsqlConnection connection, long lines, Stopwatch watch, ServiceSet services)
    {
        while (await Ledger.LinesAsync(connection) < lines)
        {
            if (watch.Elapsed > Bench.Deadline)
                throw new TimeoutException(services.Describe("did not commit everything"));
            await Task.Delay(PollEvery);
        }
    }
}
