using System.CommandLine;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Ingest.EndToEnd.Peers.Naive;

/// <summary>
/// <c>naive</c>: the two processes of <see cref="NaiveWorkload"/>. Each prints when it is ready and when it has done its
/// part, and ends when it is told to.
/// </summary>
internal static class NaiveCommand
{
    public const string Ready = "ready";
    public const string Done = "done";

    /// <summary>Messages sent and not confirmed, and as many delivered and not acknowledged: one at a time would be slower yet.</summary>
    private const int Window = 256;

    public static Command Create()
    {
        var broker = new Argument<string>("BROKER");
        var queue = new Argument<string>("QUEUE");
        var file = new Argument<string>("FILE");
        var database = new Argument<string>("DATABASE");
        var lines = new Argument<long>("LINES");
        var produce = new Command("produce", "Sends the lines of a file, each as a message, once its standard input says so.") { broker, queue, file };
        produce.SetAction((parsed, stopping) => ProduceAsync(parsed.GetValue(broker)!, parsed.GetValue(queue)!, parsed.GetValue(file)!, stopping));
        var consume = new Command("consume", "Writes those that the filter keeps.") { broker, queue, database, lines };
        consume.SetAction((parsed, stopping) => ConsumeAsync(
            parsed.GetValue(broker)!, parsed.GetValue(queue)!, parsed.GetValue(database)!, parsed.GetValue(lines), stopping));
        return new Command("naive", "One message a line, as a contrast.") { produce, consume };
    }

    private static async Task ProduceAsync(string broker, string queue, string file, CancellationToken stopping)
    {
        var bus = await StartAsync(broker, _ => { });
        var endpoint = await bus.GetSendEndpoint(new Uri($"exchange:{queue}"));
        Console.WriteLine(Ready);
        Console.ReadLine();
        var sending = new Queue<Task>();
        foreach (var line in File.ReadLines(file))
        {
            if (sending.Count == Window)
                await sending.Dequeue();
            sending.Enqueue(endpoint.Send(new CommentLine(line), stopping));
        }

        await Task.WhenAll(sending);
        Console.WriteLine(Done);
        await StopAsync(bus, stopping);
    }

    private static async Task ConsumeAsync(string broker, string queue, string database, long lines, CancellationToken stopping)
    {
        await using var consumer = new CommentConsumer(database, lines);
        var bus = await StartAsync(broker, rabbitMq => rabbitMq.ReceiveEndpoint(queue, endpoint =>
        {
            endpoint.SetQuorumQueue();
            endpoint.PrefetchCount = Window;
            endpoint.Instance(consumer);
        }));
        Console.WriteLine(Ready);
        await consumer.Done.WaitAsync(stopping);
        Console.WriteLine(Done);
        await StopAsync(bus, stopping);
    }

    private static async Task<IBusControl> StartAsync(string broker, Action<IRabbitMqBusFactoryConfigurator> configure)
    {
        var services = new ServiceCollection().AddLogging().AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.UsingRabbitMq((_, rabbitMq) =>
            {
                rabbitMq.Host(new Uri(broker));
                configure(rabbitMq);
            });
        });
        var bus = services.BuildServiceProvider().GetRequiredService<IBusControl>();
        await bus.StartAsync();
        return bus;
    }

    private static async Task StopAsync(IBusControl bus, CancellationToken stopping)
    {
        await Task.Delay(Timeout.Infinite, stopping).ContinueWith(_ => { }, TaskScheduler.Default);
        await bus.StopAsync(CancellationToken.None);
    }
}
