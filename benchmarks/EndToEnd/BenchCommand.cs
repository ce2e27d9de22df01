using System.CommandLine;
using Ingest.EndToEnd.Inputs;
using Ingest.EndToEnd.Plots;
using Ingest.EndToEnd.Reports;
using Ingest.TestSupport;

namespace Ingest.EndToEnd;

/// <summary><c>run</c>: all that <c>benchmarks/run.sh</c> does once everything is built.</summary>
internal static class BenchCommand
{
    private const int UsageError = 2;
    private const int UsualRuns = 5;
    private const int CurveRuns = 3;
    private const int UsualLines = 500_000;
    private const int QuickLines = 100_000;

    /// <summary>2 GB.</summary>
    private const int CurveLines = 1_750_000;

    public static Command Create()
    {
        var input = new Argument<string?>("LINES | FILE") { Description = $"How many comments to generate ({UsualLines}), or a file of them.", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of the table." };
        var quick = new Option<bool>("--quick") { Description = $"One run of {QuickLines} comments." };
        var runs = new Option<int?>("--runs") { Description = $"How often each workload runs ({UsualRuns}).", HelpName = "N" };
        var only = new Option<string[]>("--only") { Description = "Workloads whose names begin so, with their peers.", HelpName = "NAME", AllowMultipleArgumentsPerToken = true };
        var stream = new Option<double>("--stream-gb") { Description = "Also stream so many GB through the services and watch their memory.", HelpName = "GB" };
        var curves = new Option<bool>("--curves") { Description = "Instead measure and draw benchmarks/plots." };
        runs.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() < 1)
                r.AddError("--runs takes a number from 1 on.");
        });
        var command = new Command("run", "Measures workloads and prints a table.") { input, json, quick, runs, only, stream, curves };
        command.SetAction(parsed => GuardAsync(new Options
        {
            Input = parsed.GetValue(input),
            Json = parsed.GetValue(json),
            Quick = parsed.GetValue(quick),
            Runs = parsed.GetValue(runs) ?? (parsed.GetValue(quick) ? 1 : parsed.GetValue(curves) ? CurveRuns : UsualRuns),
            Only = parsed.GetValue(only) ?? [],
            StreamGigabytes = parsed.GetValue(stream),
            Curves = parsed.GetValue(curves),
        }));
        return command;
    }

    private static async Task<int> GuardAsync(Options options)
    {
        try
        {
            return await RunAsync(options);
        }
        catch (Exception refused) when (refused is ArgumentException or IOException or ServiceUnavailableException)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return UsageError;
        }
    }

    /// <returns>0, or 1 when a workload gave a wrong result.</returns>
    private static async Task<int> RunAsync(Options options)
    {
        var workloads = Catalog.Select(Catalog.Create(options.StreamGigabytes, options.Quick), options.Only);
        var input = options.Input is { } named && !int.TryParse(named, out _)
            ? Input.Open(named)
            : await Input.GenerateAsync(int.TryParse(options.Input, out var lines) ? lines : UsualInput(options));
        await using var rabbitMq = await RabbitMqServer.StartOwnAsync();
        await using var postgres = await PostgresServer.StartOwnAsync();
        var bench = new Bench(input, options.Quick, rabbitMq, postgres);
        return options.Curves ? await DrawAsync(bench, options) : await MeasureAsync(bench, workloads, options);
    }

    private static int UsualInput(Options options) => options.Quick ? QuickLines : options.Curves ? CurveLines : UsualLines;

    private static async Task<int> MeasureAsync(Bench bench, IReadOnlyList<Workload> workloads, Options options)
    {
        var session = new Session(bench, workloads, options.Runs);
        await session.RunAsync();
        var report = new Report(bench, options.Runs, session.Results);
        Console.WriteLine(options.Json ? JsonReport.Write(report) : Table.Write(report));
        return session.Results.Any(r => r.Failure is not null) ? 1 : 0;
    }

    private static async Task<int> DrawAsync(Bench bench, Options options)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "benchmarks", "plots")).FullName;
        var charts = new List<Chart>();
        await foreach (var chart in new Curves(bench, await bench.SliceAsync(UsualLines), options.Runs).MeasureAsync())
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{chart.File}.svg"), SvgChart.Draw(chart));
            charts.Add(chart);
        }

        Console.WriteLine(options.Json ? JsonReport.Write(charts) : Table.Write(charts));
        return 0;
    }
}
