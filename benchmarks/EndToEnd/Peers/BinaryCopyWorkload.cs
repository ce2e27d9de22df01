using Ingest.EndToEnd.Measuring;
using Ingest.EndToEnd.Services;
using Ingest.EndToEnd.Workloads;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Peers;

/// <summary>
/// The ceiling: psql copies the same rows, made before as a file in PostgreSQL's binary format, into an empty table with
/// a primary key. Nothing is parsed, and nothing is accounted for.
/// </summary>
internal sealed class BinaryCopyWorkload(string name) : Workload(name, Side.Peer)
{
    private string? _rows;

    public override string? Missing => Psql.Path is null ? "no psql" : null;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        _rows ??= await MakeRowsAsync(bench);
        await using var database = await bench.CreateDatabaseAsync();
        await database.ExecuteAsync(Definition.CreateTable("everything"));
        var meter = new CpuMeter().Watch(bench.Postgres);
        var result = await CommandLine.RunAsync(_rows, Bench.Deadline, Psql.Run(database, "\\copy everything from stdin (format binary)"));
        ProcessCost[] costs = [.. result.Costs, .. meter.Read()];
        var rows = await database.ScalarAsync<long>("select count(*) from everything");
        WrongResultException.Expect("rows", bench.Input.Rows, rows);
        return new Measurement(result.Seconds, bench.Input.Bytes, bench.Input.Lines, rows, costs);
    }

    private static async Task<string> MakeRowsAsync(Bench bench)
    {
        await using var database = await bench.CreateDatabaseAsync();
        var folder = TestRun.CreateFolder("rows");
        await LoadWorkload.LoadAsync(bench.Input.File, Definition.AllRows, database.ConnectionString, folder);
        var file = Path.Combine(folder, "rows.binary");
        await CommandLine.RunAsync("/dev/null", Bench.Deadline, Psql.Run(database, $"\\copy everything to '{file}' (format binary)"));
        return file;
    }
}
