using System.Diagnostics;
using System.Globalization;
using Ingest.EndToEnd.Inputs;
using Ingest.EndToEnd.Measuring;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;
using Npgsql;

namespace Ingest.EndToEnd.Workloads;

/// <summary>
/// A stream much larger than memory may become: the input again and again from a process that makes it as it goes,
/// through ncat and the services, while their memory is looked at. Every line crosses the broker.
/// </summary>
internal sealed class MemoryWorkload(string name, double gigabytes) : Workload(name, Side.Ours)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    public const string LargestPeak = "MB, the largest peak";
    public const string Growth = "MB growth after the first GB";

    public override string? Missing => Ncat.Find() is null ? "no ncat" : null;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        var (bytes, lines) = Feed.Measure(bench.Input.File, (long)(gigabytes * 1e9));
        await using var database = await bench.CreateDatabaseAsync();
        await using var services = await ServiceSet.StartAsync(bench, Definition.Filtered, database);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();

        var meter = services.Meter(bench);
        var watch = Stopwatch.StartNew();
        var sending = CommandLine.RunAsync(
            "/dev/null",
            Bench.Deadline,
            Own("feed", bench.Input.File, bytes.ToString(CultureInfo.InvariantCulture)),
            new Command("ncat", [.. Ncat.Find()!.Command(services.Port)]));
        var curve = new MemoryCurve(services.All, bytes / (double)lines);
        using var timer = new PeriodicTimer(LookEvery);
        long committed;
        while ((committed = await Ledger.LinesAsync(connection)) < lines)
        {
            if (sending.IsFaulted || watch.Elapsed > Bench.Deadline)
                throw new InvalidOperationException(services.Describe("did not commit everything"), sending.Exception);
            curve.Look(committed);
            await timer.WaitForNextTickAsync();
        }

        await sending;
        var seconds = watch.Elapsed.TotalSeconds;
        var costs = meter.Read();
        curve.Look(committed);
        var rows = await Ledger.CheckAsync(connection, Definition.Filtered.Table, lines, bench.Input.Kept);
        await Console.Error.WriteLineAsync(curve.ToString());
        return new Measurement(seconds, bytes, lines, rows, costs) { Figures = curve.Figures() };
    }

    /// <summary>This program, as a process of its own.</summary>
    public static Command Own(params string[] arguments) =>
        new(arguments[0], [Environment.ProcessPath!, typeof(MemoryWorkload).Assembly.Location, .. arguments]);
}
