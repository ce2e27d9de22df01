using System.Net.Sockets;
using Ingest.Compression;
using Ingest.Gateway;
using Ingest.Gateway.Edge;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Listening;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.UnitTests.Messaging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ingest.UnitTests.Gateway;

/// <summary>A connection from its first line to its receipt, which its producer does not take.</summary>
public sealed class LineConnectionTests : IAsyncDisposable
{
    private static readonly PipelineDefinition Definition =
        Definitions.RefusingAll() with { Version = "0123456789abcdef", Acknowledge = Acknowledge.Queued };

    private readonly ObservedTime _time = new();
    private readonly GatewayOptions _options = new();
    private readonly Queues _queues = new();
    private readonly CancellationTokenSource _aborting = new();
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly PipelineIntake _intake;
    private LineConnection _connection = null!;

    public LineConnectionTests() => _intake = new PipelineIntake(
        Definition, _queues, Options.Create(_options), Options.Create(new EdgeOptions()), Options.Create(new PublisherOptions()),
        new DecompressionBudget(_options.Decompression, _time), new CommitTally(1_000, _options.InquireAfter, _time),
        new ProcessorVersions(_time), _time, new Random(1), NullLogger<PipelineIntake>.Instance);

    public async ValueTask DisposeAsync()
    {
        await _intake.DisposeAsync();
        _aborting.Dispose();
        _socket.Dispose();
    }

    [Fact]
    public async Task A_receipt_that_is_not_taken_is_given_up_after_its_time_and_the_lines_count_all_the_same()
    {
        using var peer = new DeafPeer("{}\n{}\n"u8.ToArray());
        var running = Run(peer);
        await ConfirmAllAsync();
        await peer.Told.SoonAsync();
        _time.Advance(_options.ReceiptTimeout - TimeSpan.FromTicks(1));
        Assert.False(running.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.SoonAsync());
        Assert.Equal(6, _connection.Bytes);
    }

    [Fact]
    public async Task A_receipt_that_is_not_taken_is_given_up_with_everything_else()
    {
        using var peer = new DeafPeer("{}\n"u8.ToArray());
        var running = Run(peer);
        await ConfirmAllAsync();
        await peer.Told.SoonAsync();
        Assert.False(running.IsCompleted);
        await _aborting.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.SoonAsync());
    }

    /// <summary>Databases remember the id. Another one would write a second time what is sent again: it may never change.</summary>
    [Fact]
    public async Task A_name_that_the_producer_gives_is_the_same_source_in_every_release()
    {
        using var peer = new DeafPeer("Ingest-Source: nightly\n{}\n"u8.ToArray());
        var running = Run(peer);
        var sent = await ConfirmAllAsync();
        Assert.Equal(("b7d44c67-49ee-85d0-8ff2-f0889fa92094", "nightly", true), (sent.Segments[0].SourceId.ToString(), sent.Segments[0].Source, sent.Replayable));
        await _aborting.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.SoonAsync());
    }

    private Task<SourceResult> Run(Stream peer)
    {
        _connection = new LineConnection(_socket, new Passage("peer", peer), _intake, _options, _time);
        return _connection.RunAsync(CancellationToken.None, _aborting.Token);
    }

    /// <returns>The batch with the source's end.</returns>
    private async Task<LineBatch> ConfirmAllAsync()
    {
        while (true)
        {
            var attempt = await _queues.Sender.NextAsync();
            attempt.Confirm();
            if (attempt.Batch.Ends.Count > 0)
                return attempt.Batch;
        }
    }

    /// <summary>Sends these bytes, ends its sending, and reads nothing.</summary>
    private sealed class DeafPeer(byte[] lines) : MemoryStream(lines, writable: false)
    {
        private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when something is to be written to it.</summary>
        public Task Told => _told.Task;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _told.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    private sealed class Queues : IBatchQueues
    {
        public ScriptedSender<LineBatch> Sender { get; } = new();

        public bool SendsAwaitConsumers => false;

        public IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T> => (IBatchSender<T>)(object)Sender;

        public IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T> => throw new NotSupportedException();
    }
}
