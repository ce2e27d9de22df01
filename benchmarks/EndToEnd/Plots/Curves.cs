using Ingest.EndToEnd.Inputs;
using Ingest.EndToEnd.Services;
using Ingest.EndToEnd.Workloads;

namespace Ingest.EndToEnd.Plots;

/// <summary>How throughput and cost change with what is varied, everything else as it is.</summary>
/// <param name="bench">Whose input is as large as the largest point.</param>
/// <param name="usual">The input of the charts that vary something else.</param>
/// <param name="runs">Each point is the median of so many.</param>
internal sealed class Curves(Bench bench, Input usual, int runs)
{
    private const string CostAxis = "CPU seconds per GB, all processes";

    private static readonly (string Name, Definition Definition)[] Both = [("filtered", Definition.Filtered), ("all rows", Definition.AllRows)];

    /// <summary>Each chart as soon as it is measured.</summary>
    public async IAsyncEnumerable<Chart> MeasureAsync()
    {
        yield return await MeasureAsync("processors", "Throughput by number of processors", "processor services of one thread each", "MB/s", Speed, [1, 2, 4],
            (definition, count) => new BrokerRun(bench, definition) { Processors = (int)count, Environment = OneThread, WarmUps = Warm }.SendAsync(usual));
        yield return await MeasureAsync("size", "Cost by size of the input", "MB of input", CostAxis, Cost, Sizes(),
            async (definition, megabytes) => await new BrokerRun(bench, definition) { WarmUps = Warm }.SendAsync(await SizedAsync(megabytes)));
        yield return await MeasureAsync("connections", "Cost by number of connections", "connections at the same time", CostAxis, Cost, [1, 4, 16, 64, 256],
            (definition, count) => new BrokerRun(bench, definition) { WarmUps = Warm }.SendAsync(
                usual, "/dev/null", port => [FeedCommand.Send(usual.File, usual.Bytes, port, (int)count)]));
        yield return await MeasureColumnsAsync();
    }

    /// <summary>What services have worked on before each point, so that compiling their code is hardly part of it.</summary>
    private Input[] Warm => [usual, usual];

    private static IReadOnlyDictionary<string, string?> OneThread => new Dictionary<string, string?> { ["Processor__Parallelism"] = "1" };

    private async Task<Chart> MeasureColumnsAsync()
    {
        var points = new List<(double, double)>();
        foreach (var columns in (int[])[1, 2, 4, 8, 16, 32])
            points.Add((columns, await MedianAsync($"columns {columns}", () => new BrokerRun(bench, Definition.Wide(columns)) { WarmUps = Warm }.SendAsync(usual), Cost)));
        return new Chart("columns", "Cost by number of columns", "columns of text, every line kept", CostAxis, [new Series("all rows", points)]);
    }

    private async Task<Chart> MeasureAsync(
        string file, string title, string xAxis, string yAxis, Func<Measurement, double> figure, double[] values, Func<Definition, double, Task<Measurement>> measure)
    {
        var series = new List<Series>();
        foreach (var (name, definition) in Both)
        {
            var points = new List<(double, double)>();
            foreach (var value in values)
                points.Add((value, await MedianAsync($"{file} {value} {name}", () => measure(definition, value), figure)));
            series.Add(new Series(name, points));
        }

        return new Chart(file, title, xAxis, yAxis, series);
    }

    private async Task<double> MedianAsync(string what, Func<Task<Measurement>> measure, Func<Measurement, double> figure)
    {
        var figures = new List<double>();
        for (var i = 0; i < runs; i++)
            figures.Add(figure(await measure()));
        figures.Sort();
        var median = (figures[(figures.Count - 1) / 2] + figures[figures.Count / 2]) / 2;
        await Console.Error.WriteLineAsync(FormattableString.Invariant($"{what}: {median:N2}"));
        return median;
    }

    private double[] Sizes() => [.. new double[] { 50, 100, 250, 500, 1000, 2000 }.Where(m => m * 1e6 <= bench.Input.Bytes * 1.02)];

    private Task<Input> SizedAsync(double megabytes) => bench.SliceAsync((long)(bench.Input.Lines * Math.Min(1, megabytes * 1e6 / bench.Input.Bytes)));

    private static double Speed(Measurement run) => run.Bytes / 1e6 / run.Seconds;

    private static double Cost(Measurement run) => run.CpuSeconds / (run.Bytes / 1e9);
}
