using Ingest.Gateway;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Processor;
using Ingest.Writer;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>The options of one process; each start may have others.</summary>
/// <param name="chances">Draws them.</param>
/// <param name="patience">How long a batch waits for those before it.</param>
internal sealed class Knobs(Random chances, OrderPatience patience)
{
    public GatewayOptions Gateway { get; } = new()
    {
        Linger = TimeSpan.FromMilliseconds(chances.Next(3) * 25),
        MaxUncommittedBatches = chances.Next(3) == 0 ? 2 : 50_000,
        ReceiveBytes = chances.Next(2) == 0 ? ReceiveBudget.BytesPerBatch : 64 * 1024 * 1024,
    };

    /// <summary>Whether the gateway runs the filters.</summary>
    public bool PushesDown { get; } = chances.Next(2) == 0;

    /// <summary>Often so little that batches wait for one another.</summary>
    public PublisherOptions Publisher { get; } = new() { InFlightBytes = chances.Next(3) switch { 0 => 1500, 1 => 6000, _ => 16 * 1024 * 1024 } };

    public ProcessorOptions Processor { get; } = new() { Parallelism = 1 + chances.Next(3) };

    public WriterOptions Writer { get; } = new()
    {
        OrderPatience = patience.Usual,
        OrderPatienceWhenFull = patience.WhenFull,
        MaxTransactionRows = chances.Next(3) switch { 0 => 1, 1 => 20, _ => 10_000 },
        Connections = 1 + chances.Next(3),
    };
}
