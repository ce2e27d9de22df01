using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.Processor;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Processor;

/// <summary>When a processor stops taking batches, what it does with one alone, and with what nobody can deal with.</summary>
public sealed class ProcessorSessionTests : IAsyncDisposable
{
    private static readonly PipelineDefinition Definition = Definitions.Parse("pipeline: p\ntable: t\ncolumns:\n  a: integer");

    private readonly SuspectQueues _queues = new();
    private readonly StageHealth _health = new();
    private readonly Isolation _isolation = new();
    private readonly IBatchSender<LineBatch> _lines;
    private readonly IBatchReceiver<RowBatch> _rows;
    private ProcessorWorker? _worker;

    public ProcessorSessionTests()
    {
        _lines = _queues.CreateSender<LineBatch>("p");
        _rows = _queues.CreateReceiver<RowBatch>("p", 16);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_replayable_batch_of_another_definition_stops_its_pipeline_and_is_kept()
    {
        await StartAsync(new ProcessorOptions { RetryDelay = TimeSpan.FromMilliseconds(20) });
        var (live, foreign) = (Batch("another", replayable: false), Batch("another", replayable: true));
        var sendingLive = _lines.SendAsync(live, Token);
        Assert.Equal(Definition.Version, await AcknowledgeRowsAsync(live.Id));
        await sendingLive.SoonAsync();

        var sendingForeign = _lines.SendAsync(foreign, Token);
        await ProblemAsync("another");
        Assert.True(_health.Problems.Single().NeedsHelp);
        Assert.False(sendingForeign.IsCompleted);

        // Who has the definition takes it from there.
        await _worker!.StopAsync(Token);
        await using var other = _queues.CreateReceiver<LineBatch>("p", 1);
        var kept = await other.ReceiveAsync(Token).AsTask().SoonAsync();
        Assert.Equal((foreign.Id, 0), (kept.Batch.Id, _queues.ReturnedToItself));
        await kept.AcknowledgeAsync();
        await sendingForeign.SoonAsync();
    }

    [Fact]
    public async Task A_processor_whose_foreign_batch_another_one_finished_is_ready_again_also_when_nothing_else_comes()
    {
        var time = new FakeTimeProvider();
        await StartAsync(new ProcessorOptions(), time);
        var sending = _lines.SendAsync(Batch("another", replayable: true), Token);
        await ProblemAsync("another");
        await using (var other = _queues.CreateReceiver<LineBatch>("p", 1))
            await (await other.ReceiveAsync(Token).AsTask().SoonAsync()).AcknowledgeAsync();
        await sending.SoonAsync();
        Assert.Single(_health.Problems);

        await Ingest.TestSupport.Eventually.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(5));
                return _health.Problems.Count == 0;
            },
            TimeSpan.FromSeconds(30),
            () => "Still a problem.");
    }

    [Fact]
    public async Task What_was_under_way_when_a_pipeline_stops_does_not_make_it_ready()
    {
        await StartAsync(new ProcessorOptions());
        var live = Batch();
        var sendingLive = _lines.SendAsync(live, Token);
        var rows = await _rows.ReceiveAsync(Token).AsTask().SoonAsync();
        _ = _lines.SendAsync(Batch("another", replayable: true), Token);
        await ProblemAsync("another");

        await rows.AcknowledgeAsync();
        await sendingLive.SoonAsync();
        await _worker!.StopAsync(Token);
        Assert.Contains("another", Assert.Single(_health.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replayable_batch_of_this_definition_is_processed()
    {
        await StartAsync(new ProcessorOptions());
        var batch = Batch(Definition.Version, replayable: true);
        var sending = _lines.SendAsync(batch, Token);
        await AcknowledgeRowsAsync(batch.Id);
        await sending.SoonAsync();
        Assert.Empty(_health.Problems);
    }

    [Fact]
    public async Task Output_that_finds_no_way_for_too_long_sends_the_input_back_and_is_tried_again()
    {
        await StartAsync(new ProcessorOptions
        {
            ReleaseAfter = TimeSpan.FromMilliseconds(500),
            RetryDelay = TimeSpan.FromMilliseconds(20),
        });
        var batch = Batch();
        var sending = _lines.SendAsync(batch, Token);
        await ProblemAsync("could be sent on");
        Assert.False(sending.IsCompleted);

        // The rows may be withdrawn while they are looked at; in the end they are there.
        await AcknowledgeRowsAsync(batch.Id);
        await sending.SoonAsync();
        await Ingest.TestSupport.Eventually.HoldsAsync(() => _health.Problems.Count == 0, TimeSpan.FromSeconds(30), () => "Still a problem.");
        Assert.Equal(0, _queues.ReturnedToItself);
    }

    /// <summary>In one process nothing is counted, and a batch may wait in the writer for those behind it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_problem_a_broker_is_asked_for_one_batch_until_one_got_through(bool sendsAwaitConsumers)
    {
        _queues.SendsAwaitConsumers = sendsAwaitConsumers;
        await StartAsync(new ProcessorOptions
        {
            ReleaseAfter = TimeSpan.FromMilliseconds(500),
            RetryDelay = TimeSpan.FromMilliseconds(20),
        });
        var sending = _lines.SendAsync(Batch(), Token);
        await Ingest.TestSupport.Eventually.HoldsAsync(
            () => _queues.Prefetches.Count > 2, TimeSpan.FromSeconds(30), () => "It was to be released twice.");
        Assert.All(_queues.Prefetches.Skip(1), held => Assert.Equal(sendsAwaitConsumers, held > 1));

        while (_rows.ReceiveAsync(Token).AsTask() is var rows && await Task.WhenAny(rows, sending).SoonAsync() == rows)
            await (await rows).AcknowledgeAsync();
        await Ingest.TestSupport.Eventually.HoldsAsync(
            () => _queues.Prefetches.Last() > 1, TimeSpan.FromSeconds(30), () => "It was to take all that it can.");
    }

    [Fact]
    public async Task A_suspect_is_worked_on_alone()
    {
        await StartAsync(new ProcessorOptions { Parallelism = 2 });
        var (suspect, other) = (Batch(), Batch());
        _queues.Suspects.Add(suspect.Id);
        var sendingSuspect = _lines.SendAsync(suspect, Token);
        var rows = await _rows.ReceiveAsync(Token).AsTask().SoonAsync();
        Assert.Equal(suspect.Id, rows.Batch.Id);

        var sendingOther = _lines.SendAsync(other, Token);
        var entering = _isolation.EnterAsync(alone: false, Token).AsTask();
        Assert.False(entering.IsCompleted);
        Assert.False(_rows.TryReceive(out _));
        await rows.AcknowledgeAsync();
        await sendingSuspect.SoonAsync();
        (await entering.SoonAsync()).Dispose();
        await AcknowledgeRowsAsync(other.Id);
        await sendingOther.SoonAsync();
    }

    [Fact]
    public async Task A_suspect_whose_rows_find_no_way_goes_back_and_holds_nobody_up()
    {
        var room = new TaskCompletionSource();
        _queues.Room = room.Task;
        await StartAsync(new ProcessorOptions { SuspectPatience = TimeSpan.FromMilliseconds(50) });
        var (suspect, other) = (Batch(), Batch());
        _queues.Suspects.Add(suspect.Id);
        var sending = new[] { _lines.SendAsync(suspect, Token), _lines.SendAsync(other, Token) };
        await Ingest.TestSupport.Eventually.HoldsAsync(() => _queues.Suspects.Count == 0, TimeSpan.FromSeconds(30), () => "It was to go back.");
        try
        {
            (await _isolation.EnterAsync(alone: false, Token).AsTask().SoonAsync()).Dispose();
        }
        finally
        {
            room.SetResult();
        }

        var arrived = new HashSet<Guid>();
        while (arrived.Count < 2)
        {
            var delivery = await _rows.ReceiveAsync(Token).AsTask().SoonAsync();
            arrived.Add(delivery.Batch.Id);
            await delivery.AcknowledgeAsync();
        }

        await Task.WhenAll(sending).SoonAsync();
    }

    [Fact]
    public async Task What_the_next_stage_buries_is_buried_here_too()
    {
        await StartAsync(new ProcessorOptions());
        var batch = Batch();
        var sending = _lines.SendAsync(batch, Token);
        var rows = await _rows.ReceiveAsync(Token).AsTask().SoonAsync();
        await rows.BuryAsync("the table has no such column");
        var told = await Assert.ThrowsAsync<BatchBuriedException>(() => sending.SoonAsync());
        Assert.Contains("the table has no such column", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_that_cannot_be_processed_at_all_is_buried_and_its_neighbours_go_on()
    {
        await StartAsync(new ProcessorOptions());
        var good = Batch();
        var segment = good.Segments[0] with { PayloadLength = 1_000 };
        var broken = new LineBatch { Id = Guid.NewGuid(), Pipeline = "p", Definition = "", Segments = [segment], Lines = good.Lines };
        var sendingBroken = _lines.SendAsync(broken, Token);
        var sending = _lines.SendAsync(good, Token);
        await AcknowledgeRowsAsync(good.Id);
        await sending.SoonAsync();
        await Assert.ThrowsAsync<BatchBuriedException>(() => sendingBroken.SoonAsync());
        Assert.Contains("the processor failed", _queues.Buried[broken.Id], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_exhausts_the_memory_costs_neither_its_batch_nor_the_next_one()
    {
        var faulty = FaultyEncoder.Compile(() => new NoMemoryException());
        using var stopping = new CancellationTokenSource();
        var context = new ProcessorContext(
            _queues, _health, _isolation, new ProcessorOptions { Parallelism = 1 }, new PublisherOptions(), TimeProvider.System, new Random(1), NullLogger.Instance);
        await using var session = new ProcessorSession(faulty, context, afterProblem: false, stopping.Token, CancellationToken.None);
        var running = session.RunAsync();
        foreach (var line in new[] { FaultyEncoder.Line, """{"id":2,"text":"b"}""" })
        {
            var batch = Lines.Batch(Encoding.UTF8.GetBytes($$"""{"id":1,"text":"a"}{{'\n'}}{{line}}"""));
            var sending = _lines.SendAsync(batch, Token);
            var rows = await _rows.ReceiveAsync(Token).AsTask().SoonAsync();
            Assert.Equal(batch.Id, rows.Batch.Id);
            Assert.Equal(line == FaultyEncoder.Line ? [100] : [100, 101], rows.Batch.RowLines);
            if (line == FaultyEncoder.Line)
                FaultyEncoder.AssertRejected(rows.Batch, 101, "NoMemoryException: none left");
            await rows.AcknowledgeAsync();
            await sending.SoonAsync();
        }

        Assert.Empty(_queues.Buried);
        await stopping.CancelAsync();
        Assert.Null(await running.SoonAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null)
        {
            await _rows.DisposeAsync();
            await _worker.StopAsync(CancellationToken.None);
            _worker.Dispose();
        }
    }

    private sealed class NoMemoryException() : OutOfMemoryException("none left");

    private static LineBatch Batch(string definition = "", bool replayable = false)
    {
        var batch = Lines.Batch("{\"a\":1}"u8.ToArray());
        return new LineBatch
        {
            Id = batch.Id,
            Pipeline = "p",
            Definition = definition,
            Replayable = replayable,
            Segments = batch.Segments,
            Lines = batch.Lines,
        };
    }

    private Task StartAsync(ProcessorOptions options, TimeProvider? time = null)
    {
        options.Drain = TimeSpan.Zero;
        _worker = new ProcessorWorker(
            new PipelineCatalog([Definition]),
            _queues,
            _health,
            _isolation,
            Options.Create(options),
            Options.Create(new PublisherOptions()),
            time ?? TimeProvider.System,
            new Random(1),
            NullLogger<ProcessorWorker>.Instance);
        return _worker.StartAsync(Token);
    }

    private async Task<string> AcknowledgeRowsAsync(Guid id)
    {
        var rows = await _rows.ReceiveAsync(Token).AsTask().SoonAsync();
        Assert.Equal(id, rows.Batch.Id);
        var definition = rows.Batch.Definition;
        await rows.AcknowledgeAsync();
        return definition;
    }

    private Task ProblemAsync(string text) => Ingest.TestSupport.Eventually.HoldsAsync(
        () => _health.Problems.Any(p => p.Message.Contains(text, StringComparison.Ordinal)), TimeSpan.FromSeconds(30), () => "No problem was told.");
}
