using System.Globalization;
using System.Text;
using Ingest.EndToEnd.Plots;

namespace Ingest.EndToEnd.Reports;

/// <summary>The report as one table in Markdown, padded so that it reads well as it is.</summary>
internal static class Table
{
    private static readonly string[] Head = ["workload", "MB/s", "lines/s", "rows/s", "CPU s/GB", "by process", "peak MB", "must hold"];

    public static string Write(Report report)
    {
        string[][] rows = [Head, .. report.Outcomes.Select(o => Row(report, o))];
        var widths = Head.Select((_, column) => rows.Max(r => r[column].Length)).ToArray();
        var text = new StringBuilder();
        text.AppendLine(Text($"{report.Bench.Input.Lines:N0} lines, {report.Bench.Input.Bytes / 1e6:N0} MB, medians of {report.Runs}; {Report.Machine}"));
        text.AppendLine();
        foreach (var row in rows)
        {
            text.AppendLine($"| {string.Join(" | ", row.Select((cell, i) => IsNumber(i) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i])))} |");
            if (row == Head)
                text.AppendLine($"|{string.Join("|", widths.Select((w, i) => new string('-', w + 1) + (IsNumber(i) ? ":" : "-")))}|");
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>The charts' points, a line for each series.</summary>
    public static string Write(IReadOnlyList<Chart> charts) => string.Join('\n', charts.SelectMany(c => c.Series.Select(s =>
        $"{c.Title}, {s.Name}: {string.Join("; ", s.Points.Select(p => Text($"{p.X:0.##} → {p.Y:0.##}")))} ({c.YAxis})")));

    private static string[] Row(Report report, Outcome outcome)
    {
        var name = outcome.Workload.Side == Side.Ours ? $"**{outcome.Workload.Name}**" : outcome.Workload.Name.Replace("|", "\\|", StringComparison.Ordinal);
        if (outcome.Summary is not { } summary)
            return [name, "", "", "", "", "", "", outcome.Failure is { } failure ? $"FAILED: {failure.Split('\n')[0]}" : $"skipped: {outcome.Skipped}"];

        var counts = summary.Bytes > 0;
        return
        [
            name,
            counts ? Text($"{summary.MegabytesPerSecond:N0}") : "",
            counts ? Text($"{summary.Lines / summary.Seconds:N0}") : "",
            counts ? Text($"{summary.Rows / summary.Seconds:N0}") : "",
            counts ? Text($"{summary.CpuSecondsPerGigabyte:N2}") : "",
            counts ? string.Join(", ", summary.Costs.Select(c => Text($"{c.Name} {c.CpuSeconds:N2}"))) : "",
            string.Join(", ", summary.Costs.Where(c => c.PeakBytes > 0).Select(c => Text($"{c.Name} {c.PeakBytes / 1e6:N0}"))),
            string.Join("; ", [.. report.Checks(outcome).Select(Describe), .. Others(report, outcome, summary)]),
        ];
    }

    private static string Describe(Check check)
    {
        var what = check.Wanted.What.Replace("|", "\\|", StringComparison.Ordinal);
        var limit = Text($"{(check.Wanted.AtLeast ? "≥" : "≤")} {check.Wanted.Limit:0.##}");
        return check.Measured is not { } measured
            ? $"{what} {limit}: not compared"
            : Text($"{measured:0.##} {what} ({limit}: {(check.Holds == true ? "yes" : "NO")})");
    }

    private static IEnumerable<string> Others(Report report, Outcome outcome, Summary summary) => summary.Figures
        .Where(figure => outcome.Workload.Wanted.All(w => w.What != figure.Key))
        .Select(figure => Text($"{figure.Value:0.##} {figure.Key}"));

    private static bool IsNumber(int column) => column is > 0 and < 5;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
