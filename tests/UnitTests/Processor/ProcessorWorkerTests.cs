using System.Text;
using Ingest.Messaging;
using Ingest.Messaging.InMemory;
using Ingest.Pipelines.Definition;
using Ingest.Processor;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ingest.UnitTests.Processor;

public sealed class ProcessorWorkerTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly PipelineDefinition Definition = Definitions.Parse("pipeline: p\ntable: t\ncolumns:\n  a: integer");

    private readonly InMemoryQueues _queues = new();
    private readonly StageHealth _health = new();
    private readonly ProcessorWorker _worker;

    public ProcessorWorkerTests() => _worker = new ProcessorWorker(
        new PipelineCatalog([Definition]),
        _queues,
        _health,
        new Isolation(),
        Options.Create(new ProcessorOptions { Parallelism = 2 }),
        Options.Create(new PublisherOptions()),
        TimeProvider.System,
        Random.Shared,
        NullLogger<ProcessorWorker>.Instance);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_is_acknowledged_only_after_its_rows_are_safe()
    {
        await using var sender = _queues.CreateSender<LineBatch>("p");
        await using var rows = _queues.CreateReceiver<RowBatch>("p", 16);
        await _worker.StartAsync(Token);
        using var lines = Lines.Batch(Encoding.UTF8.GetBytes("{\"a\":1}"));

        var sending = sender.SendAsync(lines, Token);
        var delivery = await rows.ReceiveAsync(Token).AsTask().WaitAsync(Deadline, Token);
        Assert.Equal(lines.Id, delivery.Batch.Id);
        Assert.False(sending.IsCompleted);

        // A second batch passes through whole while the first waits: only its own rows hold a batch up.
        using var others = Lines.Batch(Encoding.UTF8.GetBytes("{\"a\":2}"));
        var sendingOthers = sender.SendAsync(others, Token);
        await (await rows.ReceiveAsync(Token).AsTask().WaitAsync(Deadline, Token)).AcknowledgeAsync();
        await sendingOthers.WaitAsync(Deadline, Token);
        Assert.False(sending.IsCompleted);

        await delivery.AcknowledgeAsync();
        await sending.WaitAsync(Deadline, Token);
    }

    [Fact]
    public async Task A_stop_waits_for_what_is_on_its_way()
    {
        await using var sender = _queues.CreateSender<LineBatch>("p");
        await using var rows = _queues.CreateReceiver<RowBatch>("p", 16);
        await _worker.StartAsync(Token);
        using var lines = Lines.Batch(Encoding.UTF8.GetBytes("{\"a\":1}"));
        var sending = sender.SendAsync(lines, Token);
        var delivery = await rows.ReceiveAsync(Token).AsTask().WaitAsync(Deadline, Token);

        var stopping = _worker.StopAsync(Token);
        Assert.False(stopping.IsCompleted);
        await delivery.AcknowledgeAsync();
        await stopping.WaitAsync(Deadline, Token);
        await sending.WaitAsync(Deadline, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.StopAsync(CancellationToken.None);
        _worker.Dispose();
    }
}
