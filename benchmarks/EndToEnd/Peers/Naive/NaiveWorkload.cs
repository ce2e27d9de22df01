using System.Diagnostics;
using System.Globalization;
using Ingest.EndToEnd.Inputs;
using Ingest.EndToEnd.Measuring;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Peers.Naive;

/// <summary>
/// The contrast: each line is a JSON message through MassTransit, RabbitMQ and a durable quorum queue, and a consumer
/// filters and inserts. Both processes run and are connected before the clock starts; the input's first lines are enough
/// to see the rate.
/// </summary>
internal sealed class NaiveWorkload(string name) : Workload(name, Side.Contrast)
{
    private const long MostLines = 50_000;
    private const long QuickLines = 10_000;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        var slice = await bench.SliceAsync(bench.Quick ? QuickLines : MostLines);
        await using var database = await bench.CreateDatabaseAsync();
        await database.ExecuteAsync(Definition.CreateTable("kept"));
        var lines = slice.Lines.ToString(CultureInfo.InvariantCulture);
        var (broker, queue) = (bench.RabbitMq.Uri.ToString(), TestNames.Pipeline());
        await using var consumer = Start("consumer", "naive", "consume", broker, queue, database.ConnectionString, lines);
        await consumer.WaitForLineAsync(line => line == NaiveCommand.Ready, Bench.Deadline);
        await using var producer = Start("producer", "naive", "produce", broker, queue, slice.File);
        await producer.WaitForLineAsync(line => line == NaiveCommand.Ready, Bench.Deadline);

        var meter = new CpuMeter().Watch("producer", producer).Watch("consumer", consumer).Watch(bench.RabbitMq).Watch(bench.Postgres);
        var watch = Stopwatch.StartNew();
        producer.Input.Write("\n"u8);
        producer.Input.Flush();
        await producer.WaitForLineAsync(line => line == NaiveCommand.Done, Bench.Deadline);
        await consumer.WaitForLineAsync(line => line == NaiveCommand.Done, Bench.Deadline);
        var seconds = watch.Elapsed.TotalSeconds;
        var costs = meter.Read();
        var rows = await database.ScalarAsync<long>("select count(*) from kept");
        WrongResultException.Expect("rows", slice.Kept, rows);
        return new Measurement(seconds, slice.Bytes, slice.Lines, rows, costs);
    }

    private static ServiceProcess Start(string name, params string[] arguments) =>
        ServiceProcess.StartProgram(name, OwnProgram.Command(arguments).Words[0], OwnProgram.Command(arguments).Words[1..]);
}
