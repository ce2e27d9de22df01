using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.EndToEnd.Plots;

namespace Ingest.EndToEnd.Reports;

/// <summary>The report as one JSON document, every run in it.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public static string Write(Report report) => JsonSerializer.Serialize(
        new
        {
            Report.Machine,
            Cores = Environment.ProcessorCount,
            Input = new { report.Bench.Input.Bytes, report.Bench.Input.Lines, report.Bench.Input.Kept },
            report.Runs,
            Workloads = report.Outcomes.Select(outcome => new
            {
                outcome.Workload.Name,
                outcome.Workload.Side,
                outcome.Skipped,
                Failed = outcome.Failure,
                Median = outcome.Summary is { } summary ? Median(summary) : null,
                MustHold = report.Checks(outcome).Select(c => new { c.Wanted.What, Bound = c.Wanted.AtLeast ? "at least" : "at most", c.Wanted.Limit, c.Measured, c.Holds }),
                Runs = outcome.Summary?.Runs.Select(run => new { run.Seconds, run.Rows, run.CpuSeconds, run.Costs, run.Figures, run.Milliseconds }),
            }),
        },
        Options);

    public static string Write(IReadOnlyList<Chart> charts) => JsonSerializer.Serialize(
        new
        {
            Report.Machine,
            Charts = charts.Select(c => new
            {
                c.File,
                c.Title,
                c.XAxis,
                c.YAxis,
                Series = c.Series.Select(s => new { s.Name, Points = s.Points.Select(p => new[] { p.X, Math.Round(p.Y, 3) }) }),
            }),
        },
        Options);

    private static object Median(Summary summary) => summary.Bytes == 0
        ? new { summary.Figures }
        : new
        {
            summary.Seconds,
            MbPerSecond = summary.MegabytesPerSecond,
            LinesPerSecond = summary.Lines / summary.Seconds,
            summary.Rows,
            RowsPerSecond = summary.Rows / summary.Seconds,
            summary.CpuSecondsPerGigabyte,
            Processes = summary.Costs.Select(c => new { c.Name, CpuSecondsPerGigabyte = c.CpuSeconds, c.PeakBytes }),
            summary.Figures,
        };
}
