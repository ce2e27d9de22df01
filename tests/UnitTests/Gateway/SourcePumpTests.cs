using System.Text;
using Ingest.Compression;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.UnitTests.Messaging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.UnitTests.Gateway;

public sealed class SourcePumpTests : IDisposable
{
    private const string Damage = "its gzip data is damaged, at byte 7 of the compressed input";

    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(50);

    private readonly ObservedTime _time = new();
    private readonly ScriptedSender<LineBatch> _sender = new();
    private readonly ScriptedStream _input = new();
    private readonly List<int> _wakes = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborting = new();
    private Task<SourceResult> _running = null!;

    public void Dispose()
    {
        _stopping.Dispose();
        _aborting.Dispose();
    }

    [Fact]
    public async Task Lines_go_at_once_when_nothing_is_in_flight()
    {
        Run();
        _input.Send("a\nb\nc");
        var first = await NextAsync("a\nb\n");
        first.Confirm();
        _input.Send("c\nd");
        (await NextAsync("cc\n")).Confirm();
        Assert.True(_time.NobodyWaits);

        _input.End();
        var last = await NextAsync("d");
        var end = Assert.Single(last.Batch.Ends);
        Assert.Equal((4, 4, 8), (end.Lines, end.LastLine, end.Bytes));
        Assert.False(_running.IsCompleted);
        last.Confirm();
        Assert.Equal(new SourceResult(SourceOutcome.Completed, 4, 8, null), await _running.SoonAsync());
    }

    [Fact]
    public async Task Lines_wait_for_the_linger_time_while_others_are_in_flight()
    {
        Run();
        var first = await StartAsync();
        _input.Send("b\n");
        Assert.Equal(Linger, await _time.NextWaitAsync());
        _time.Advance(Linger - TimeSpan.FromTicks(1));
        Assert.Equal(0, _sender.Waiting);
        _time.Advance(TimeSpan.FromTicks(1));
        (await NextAsync("b\n")).Confirm();
        first.Confirm();
        await CompleteAsync(lines: 2);
    }

    [Fact]
    public async Task A_line_does_not_wait_longer_because_others_follow_it()
    {
        Run();
        var first = await StartAsync();
        _input.Send("b\n");
        Assert.Equal(Linger, await _time.NextWaitAsync());
        _time.Advance(TimeSpan.FromMilliseconds(30));
        _input.Send("c\n");
        Assert.Equal(TimeSpan.FromMilliseconds(20), await _time.NextWaitAsync());
        _time.Advance(TimeSpan.FromMilliseconds(20));
        (await NextAsync("b\nc\n")).Confirm();

        // The next line waits for the whole time again.
        _input.Send("d\n");
        Assert.Equal(Linger, await _time.NextWaitAsync());
        _time.Advance(Linger);
        (await NextAsync("d\n")).Confirm();
        first.Confirm();
        await CompleteAsync(lines: 4);
    }

    [Fact]
    public async Task Waiting_lines_go_as_soon_as_nothing_is_in_flight_any_more()
    {
        Run();
        var first = await StartAsync();
        _input.Send("b\nc");
        await _time.NextWaitAsync();
        Assert.Equal(0, _sender.Waiting);
        first.Confirm();
        (await NextAsync("b\n")).Confirm();
        await CompleteAsync(lines: 3, tail: "c");
    }

    [Fact]
    public async Task A_wait_is_ended_by_many_bytes_while_batches_are_filled_and_by_one_otherwise()
    {
        Run();
        var first = await StartAsync();
        _input.Send("b\n");
        await _time.NextWaitAsync();
        Assert.Empty(_wakes);

        var full = new string('c', LineBatchBuilder.CutBytes - 3) + "\n";
        _input.Send(full + "d\n");
        var second = await NextAsync("b\n" + full);
        await _time.NextWaitAsync();
        Assert.Equal([SourcePump.WorthWaking], _wakes);
        first.Confirm();
        second.Confirm();
        (await NextAsync("d\n")).Confirm();
        await CompleteAsync(lines: 4);
        Assert.Equal([SourcePump.WorthWaking, 1], _wakes);
    }

    [Fact]
    public async Task What_comes_while_it_works_on_what_woke_it_does_not_wake_it_anew()
    {
        var full = await FillAsync();
        _input.Send(new string('c', LineBatchBuilder.CutBytes - 3) + "\n" + "d\n");
        (await _sender.NextAsync()).Confirm();
        await _time.NextWaitAsync();
        Assert.Equal([SourcePump.WorthWaking, SourcePump.AwakeAlready, SourcePump.WorthWaking], _wakes);
        full.Confirm();
        (await NextAsync("d\n")).Confirm();
        await CompleteAsync(lines: 4);
    }

    [Fact]
    public async Task A_receive_that_waits_although_bytes_were_announced_is_ended_by_one_byte()
    {
        var full = await FillAsync();
        _input.IsAlwaysReady = true;
        _input.Send("c");
        while ((await _input.NextPendingAsync()).IsEmpty)
        {
        }

        Assert.Equal([SourcePump.WorthWaking, SourcePump.AwakeAlready, 1], _wakes);
        _input.End();
        (await NextAsync("b\nc")).Confirm();
        full.Confirm();
        await _running.SoonAsync();
    }

    [Fact]
    public async Task Who_reads_on_after_it_is_woken_by_one_byte()
    {
        var full = await FillAsync();
        await _stopping.CancelAsync();
        (await NextAsync("b\n")).Confirm();
        full.Confirm();
        Assert.Equal(SourceOutcome.Interrupted, (await _running.SoonAsync()).Outcome);
        Assert.Equal([SourcePump.WorthWaking, 1], _wakes);
    }

    [Fact]
    public async Task A_part_of_a_line_waits_for_its_end_without_a_timer()
    {
        Run();
        var first = await StartAsync();
        _input.Send("b");
        await _input.NextPendingAsync();
        Assert.True(_time.NobodyWaits);
        first.Confirm();
        Assert.Equal(0, _sender.Waiting);
        await CompleteAsync(lines: 2, tail: "b");
    }

    [Fact]
    public async Task A_replayable_source_waits_until_its_batch_is_full_or_it_ends()
    {
        Run(Cutting.Replayable(Definitions.RefusingAll()));
        _input.Send("a\n");
        await _input.NextPendingAsync();
        _input.Send("b\nc");
        await _input.NextPendingAsync();
        Assert.Equal((0, true), (_sender.Waiting, _time.NobodyWaits));
        _input.End();
        (await NextAsync("a\nb\n")).Confirm();
        (await NextAsync("c")).Confirm();
        Assert.Equal(new SourceResult(SourceOutcome.Completed, 3, 5, null), await _running.SoonAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_source_that_is_stopped_or_breaks_off_publishes_its_whole_lines(bool stopped)
    {
        Run();
        var first = await StartAsync();
        _input.Send("b\nc");
        await _time.NextWaitAsync();
        if (stopped)
            await _stopping.CancelAsync();
        else
            _input.Break(new IOException("connection reset"));

        var last = await NextAsync("b\n");
        Assert.Equal((2, 2, 4), (last.Batch.Ends[0].Lines, last.Batch.Ends[0].LastLine, last.Batch.Ends[0].Bytes));
        last.Confirm();
        Assert.False(_running.IsCompleted);
        first.Confirm();
        var outcome = stopped ? SourceOutcome.Interrupted : SourceOutcome.Broken;
        Assert.Equal(new SourceResult(outcome, 2, 4, stopped ? null : "connection reset"), await _running.SoonAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_replayable_source_that_is_stopped_or_breaks_off_publishes_no_cut_batch(bool stopped)
    {
        Run(Cutting.Replayable(Definitions.RefusingAll()));
        _input.Send("a\nb");
        await _input.NextPendingAsync();
        if (stopped)
            await _stopping.CancelAsync();
        else
            _input.Break(new IOException("disk"));
        var result = await _running.SoonAsync();
        Assert.Equal((stopped ? SourceOutcome.Interrupted : SourceOutcome.Broken, 0, 0), (result.Outcome, result.Lines, result.Bytes));
        Assert.Equal(0, _sender.Waiting);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Corrupt_input_ends_with_one_reject_that_holds_the_tail(bool replayable)
    {
        Run(replayable ? Cutting.Replayable(Definitions.RefusingAll()) : null);
        _input.Send("a\nb");
        _input.Break(new CorruptInputException(Decompression.Gzip, 7, "is damaged"));
        (await NextAsync("a\n")).Confirm();
        var last = await NextAsync("");
        var reject = Assert.Single(last.Batch.Rejects);
        Assert.Equal((RejectReason.CorruptInput, 2, Damage, "b"), (reject.Reason, reject.Line, reject.Detail, Encoding.UTF8.GetString(reject.Raw.Span)));
        Assert.Equal((2, 3), (last.Batch.Ends[0].Lines, last.Batch.Ends[0].Bytes));
        last.Confirm();
        Assert.Equal(new SourceResult(SourceOutcome.Corrupt, 2, 3, Damage), await _running.SoonAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_batch_that_cannot_be_sent_fails_the_source(bool whileReading)
    {
        Run();
        var first = await StartAsync();
        if (whileReading)
        {
            first.Break(new InvalidOperationException("a bug"));
            _input.Send("b\n");
        }
        else
        {
            _input.End();
            await NextAsync("");
            first.Break(new InvalidOperationException("a bug"));
            Assert.False(_running.IsCompleted);
            await _aborting.CancelAsync();
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => _running.SoonAsync());
    }

    [Fact]
    public async Task A_source_that_fails_while_lines_wait_is_not_read_any_more_when_its_owner_closes_it()
    {
        Run();
        var first = await StartAsync();
        _input.Send("b\n");
        await _time.NextWaitAsync();
        first.Break(new InvalidOperationException("a bug"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _running.SoonAsync());
        Assert.Equal(0, _input.ReadsUnderWay);
    }

    [Fact]
    public async Task A_failure_to_send_is_never_taken_for_a_failure_of_the_source()
    {
        Run();
        var first = await StartAsync();
        first.Break(new IOException("not the source's"));
        _input.Send("b\n");
        await Assert.ThrowsAsync<IOException>(() => _running.SoonAsync());
    }

    [Fact]
    public async Task A_source_that_is_given_up_ends_cancelled()
    {
        Run();
        await StartAsync();
        await _stopping.CancelAsync();
        await NextAsync("");
        await _aborting.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running.SoonAsync());
    }

    [Fact]
    public async Task A_source_that_is_given_up_does_not_wait_for_its_next_bytes()
    {
        Run();
        _input.Send("a");
        await _input.NextPendingAsync();
        await _aborting.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running.SoonAsync());
        Assert.Equal(0, _sender.Waiting);
    }

    private void Run(Source? source = null)
    {
        var publisher = new BatchPublisher<LineBatch>(
            _sender, new PublisherOptions { InFlightBytes = 4 * LineBatchBuilder.CutBytes }, _time, new Random(1), NullLogger.Instance);
        var pump = new SourcePump(source ?? Cutting.Live(Definitions.RefusingAll()), new SourceOutlet(publisher), Linger, _time, wakeAt: _wakes.Add);
        _running = pump.RunAsync(_input, _stopping.Token, _aborting.Token);
    }

    /// <summary>A full batch that stays in flight, and a line behind it that waits with the mark high.</summary>
    private async Task<Attempt<LineBatch>> FillAsync()
    {
        Run();
        _input.Send(new string('a', LineBatchBuilder.CutBytes - 1) + "\n" + "b\n");
        var full = await _sender.NextAsync();
        await _time.NextWaitAsync();
        Assert.Equal([SourcePump.WorthWaking], _wakes);
        return full;
    }

    /// <summary>A first batch that stays in flight.</summary>
    private async Task<Attempt<LineBatch>> StartAsync()
    {
        await _input.NextPendingAsync();
        _input.Send("a\n");
        var first = await NextAsync("a\n");
        await _input.NextPendingAsync();
        return first;
    }

    private async Task CompleteAsync(int lines, string tail = "")
    {
        _input.End();
        (await NextAsync(tail)).Confirm();
        Assert.Equal((SourceOutcome.Completed, lines), ((await _running.SoonAsync()).Outcome, (int)(await _running).Lines));
    }

    private async Task<Attempt<LineBatch>> NextAsync(string lines)
    {
        var attempt = await _sender.NextAsync();
        Assert.Equal(lines, Encoding.UTF8.GetString(attempt.Batch.Lines.Span));
        return attempt;
    }
}
