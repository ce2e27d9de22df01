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

    public override string? Missing => Ncat.Find() is null ? "no ncat" : null;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        var (bytes, lines) = Feed.Measure(bench.Input.File, (long)(gigabytes * 1e9));
        var repeated = bench.Input with { Bytes = bytes, Lines = lines };
        MemoryCurve? curve = null;
        var run = new BrokerRun(bench, Definition.Filtered)
        {
            Meanwhile = async (services, connection, sending) =>
            {
                curve = new MemoryCurve(services.All, bytes / (double)lines);
                await WatchAsync(curve, connection, lines, sending);
            },
        };
        var measurement = await run.SendAsync(
            repeated,
            "/dev/null",
            port => [FeedCommand.Print(bench.Input.File, bytes), .. BrokerRun.Ncat(port)]);
        await Console.Error.WriteLineAsync(curve!.ToString());
        return measurement with { Figures = curve.Figures() };
    }

    private static async Task WatchAsync(MemoryCurve curve, NpgsqlConnection connection, long lines, Task sending)
    {
        using var timer = new PeriodicTimer(LookEvery);
        long committed;
        do
        {
            committed = await Ledger.LinesAsync(connection);
            curve.Look(committed);
            await timer.WaitForNextTickAsync();
        }
        while (committed < lines && !sending.IsFaulted);
    }
}
