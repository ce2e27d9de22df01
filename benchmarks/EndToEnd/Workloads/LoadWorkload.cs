using System.Data.Common;
using Ingest.EndToEnd.Measuring;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Ingest.EndToEnd.Workloads;

/// <summary><c>ingest load</c> of the input: one whole process, from its start to its end.</summary>
/// <param name="name">Its name.</param>
/// <param name="definition">What becomes of the input.</param>
/// <param name="postgres">Whether it goes into PostgreSQL, or into SQLite.</param>
/// <param name="xzBlocks">Null for the file as it is, otherwise whether its xz has several blocks.</param>
internal sealed class LoadWorkload(string name, Definition definition, bool postgres, bool? xzBlocks = null) : Workload(name, Side.Ours)
{
    public override string? Missing => xzBlocks is not null && NativeTools.OnPath("xz") is null ? "no xz" : null;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        var folder = TestRun.CreateFolder("load");
        var input = xzBlocks is { } blocks ? await bench.PackAsync(blocks) : bench.Input.File;
        await using var database = postgres ? await bench.CreateDatabaseAsync() : null;
        var file = Path.Combine(folder, "ingest.db");
        var meter = new CpuMeter();
        if (postgres)
            meter.Watch(bench.Postgres);
        var result = await LoadAsync(input, definition, database?.ConnectionString ?? file, folder);
        ProcessCost[] costs = [.. result.Costs, .. meter.Read()];

        await using DbConnection connection = database is null ? new SqliteConnection($"Data Source={file}") : new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        var rows = await Ledger.CheckAsync(connection, definition.Table, bench.Input.Lines, definition.Keeps(bench.Input));
        if (connection is SqliteConnection sqlite)
            SqliteConnection.ClearPool(sqlite);
        return new Measurement(result.Seconds, bench.Input.Bytes, bench.Input.Lines, rows, costs);
    }

    /// <param name="input">The file that is loaded.</param>
    /// <param name="definition">What becomes of it.</param>
    /// <param name="database">As the command takes it.</param>
    /// <param name="folder">For the definition's file.</param>
    public static async Task<CommandLineResult> LoadAsync(string input, Definition definition, string database, string folder)
    {
        var pipeline = await definition.WriteAsync(folder, TestNames.Pipeline(), FreePort.Next());
        var program = Published.Program("Cli", "ingest");
        return await CommandLine.RunAsync("/dev/null", Bench.Deadline, new Command(
            "ingest", program, "load", input, "--pipeline", pipeline, "--database", database, "--format", "json"));
    }
}
