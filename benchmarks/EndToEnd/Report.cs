using System.Globalization;

namespace Ingest.EndToEnd;

internal static class Report
{
    public static void PrintHeader(Input input)
    {
        Line($"{input.Lines:N0} lines, {input.Bytes / 1e6:N0} MB; seconds of processor time per GB, peak memory in MB; {Environment.ProcessorCount} cores");
        Line($"| {"workload",-10} | {"MB/s",6} | {"rows",9} | {"rows/s",9} | {"all",5} | gateway | processor | writer | rabbitmq | postgres | memory (gateway, processor, writer) |");
        Line($"|------------|-------:|----------:|----------:|------:|--------:|----------:|-------:|---------:|---------:|---|");
    }

    public static void Print(Result result)
    {
        var gigabytes = result.Input.Bytes / 1e9;
        var cost = result.Costs.ToDictionary(c => c.Name, c => c.CpuSeconds / gigabytes);
        Line($"| {result.Workload.Name,-10} | {result.Input.Bytes / 1e6 / result.Seconds,6:N0} | {result.Rows,9:N0} | {result.Rows / result.Seconds,9:N0} | {cost.Values.Sum(),5:N1} | {cost["gateway"],7:N1} | {cost["processor"],9:N1} | {cost["writer"],6:N1} | {cost["rabbitmq"],8:N1} | {cost["postgres"],8:N1} | {string.Join(", ", result.Costs.Where(c => c.PeakBytes > 0).Select(c => $"{c.PeakBytes / 1e6:N0}"))} |");
    }

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
