using System.Net;
using System.Net.Sockets;
using Ingest.Compression;
using Ingest.Gateway;
using Ingest.Gateway.Edge;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Listening;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;
using Ingest.IntegrationTests.Stores;
using Ingest.Messaging;
using Ingest.Messaging.InMemory;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ingest.IntegrationTests.Listening;

/// <summary>Outgoing connections over real sockets, which alone can lose a receipt behind lines that were taken.</summary>
public sealed class OutgoingConnectionTests
{
    /// <summary>Waits that double would take longer than <see cref="Deadline"/> in all.</summary>
    private const int Connections = 10;
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task A_listener_that_does_not_take_its_receipts_is_connected_to_again_as_soon_as_one_that_does()
    {
        using var producer = new TcpListener(IPAddress.Loopback, 0);
        producer.Start();
        var options = new GatewayOptions { ReconnectDelay = ReconnectDelay };
        var commits = new CommitTally(1_000, options.InquireAfter, TimeProvider.System);
        var queues = new InMemoryQueues();
        await using var intake = CreateIntake(queues, options, commits);
        var connection = new OutgoingConnection(
            new HostAndPort("127.0.0.1", ((IPEndPoint)producer.LocalEndpoint).Port),
            new OutgoingTls(Options.Create(new EdgeOptions()), NullLogger<OutgoingTls>.Instance),
            intake, options, TimeProvider.System, new Random(1), NullLogger.Instance);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        ending.CancelAfter(Deadline);
        var fetching = connection.RunAsync(ending.Token, ending.Token);

        await using var receiver = queues.CreateReceiver<LineBatch>("p", 16);
        for (var i = 0; i < Connections; i++)
        {
            using var socket = await producer.AcceptSocketAsync(ending.Token);
            await socket.SendAsync("{\"a\":1}\n"u8.ToArray(), ending.Token);
            socket.Shutdown(SocketShutdown.Send);
            var taken = new List<Delivery<LineBatch>>();
            do
                taken.Add(await receiver.ReceiveAsync(ending.Token));
            while (taken[^1].Batch.Ends.Count == 0);

            // It has read the end, and is about to tell.
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
            foreach (var delivery in taken)
            {
                commits.Committed(new BatchCounts { BatchId = delivery.Batch.Id, Sources = [] });
                await delivery.AcknowledgeAsync();
            }
        }

        await ending.CancelAsync();
        await fetching;
    }

    private static PipelineIntake CreateIntake(InMemoryQueues queues, GatewayOptions options, CommitTally commits) => new(
        StoreContract.Parse("pipeline: p\ntable: t\ncolumns:\n  a: integer"),
        queues,
        Options.Create(options),
        Options.Create(new EdgeOptions()),
        Options.Create(new PublisherOptions()),
        new DecompressionBudget(options.Decompression, TimeProvider.System),
        commits,
        new ProcessorVersions(TimeProvider.System),
        TimeProvider.System,
        new Random(1),
        NullLogger<PipelineIntake>.Instance);
}
