using System.Text;
using Ingest.Compression;
using Ingest.Gateway;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults.Control;
using Ingest.UnitTests.Messaging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Ingest.UnitTests.Gateway;

public sealed class SourceConversationTests : IDisposable
{
    private readonly ObservedTime _time = new();
    private readonly ScriptedSender<LineBatch> _sender = new();
    private readonly ScriptedStream _input = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborting = new();
    private readonly GatewayOptions _options = new();
    private readonly CommitTally _commits;
    private Source _source = null!;

    public SourceConversationTests() => _commits = new CommitTally(1_000, _options.InquireAfter, _time);

    public void Dispose()
    {
        _stopping.Dispose();
        _aborting.Dispose();
    }

    [Fact]
    public async Task Queued_is_said_when_the_last_batch_is_confirmed_and_not_before()
    {
        var talking = Talk(Acknowledge.Queued, null);
        await SendAsync("{}\n\n{}");
        (await _sender.NextAsync()).Confirm();
        var last = await _sender.NextAsync();
        Assert.False(talking.IsCompleted);
        last.Confirm();
        Assert.Equal(
            """{"source":"live","lines":2,"bytes":6,"batches":2,"rejected":0,"state":"queued"}""" + "\n",
            await ReceiptAsync(talking));
    }

    [Fact]
    public async Task Committed_is_said_when_the_writers_have_said_it_of_every_batch()
    {
        var talking = Talk(Acknowledge.Committed, _commits);
        await SendAsync("{}\n{}\n{}\n{}\n");
        var ids = await ConfirmAllAsync();
        _commits.Committed(new BatchCounts { BatchId = ids[0], Sources = [new SourceCounts(_source.Id, 4, 1, 1, 1, 1)] });
        Assert.False(talking.IsCompleted);
        _commits.Committed(new BatchCounts { BatchId = ids[1], Sources = [] });
        Assert.Equal(
            """{"source":"live","lines":4,"bytes":12,"batches":2,"rejected":1,"written":1,"duplicate":1,"filtered":1,"state":"committed"}""" + "\n",
            await ReceiptAsync(talking));
    }

    [Fact]
    public async Task A_commit_that_is_not_heard_of_in_time_is_queued_with_an_error()
    {
        var talking = Talk(Acknowledge.Committed, _commits);
        await SendAsync("{}\n");
        await ConfirmAllAsync();
        while (await _time.NextWaitAsync() != _options.CommitTimeout)
        {
            // Other waits are not it.
        }

        _time.Advance(_options.CommitTimeout);
        var receipt = (await talking.SoonAsync()).Receipt!;
        Assert.Equal(ReceiptState.Queued, receipt.State);
        Assert.Contains("2 batches were not known to be committed", receipt.Error, StringComparison.Ordinal);
        Assert.False(_commits.AnyAsync.IsCompleted);
    }

    [Fact]
    public async Task The_commit_is_not_awaited_for_a_producer_that_has_left()
    {
        var asked = new TaskCompletionSource<CancellationToken>(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var talking = Talk(Acknowledge.Committed, _commits, leaving: over =>
        {
            asked.SetResult(over);
            return left.Task;
        });
        await SendAsync("{}\n");
        Assert.False(asked.Task.IsCompleted);
        await ConfirmAllAsync();
        var over = await asked.Task.SoonAsync();
        Assert.False(talking.IsCompleted || over.IsCancellationRequested);
        left.SetResult();
        var receipt = (await talking.SoonAsync()).Receipt!;
        Assert.Equal(ReceiptState.Queued, receipt.State);
        Assert.Contains("2 batches were not known to be committed before the producer left", receipt.Error, StringComparison.Ordinal);
        Assert.True(over.IsCancellationRequested);
        Assert.False(_commits.AnyAsync.IsCompleted);
    }

    [Fact]
    public async Task A_stopping_gateway_does_not_say_that_the_producer_left()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var talking = Talk(Acknowledge.Committed, _commits, leaving: over =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, over);
        });
        await SendAsync("{}\n");
        await ConfirmAllAsync();
        await asked.Task.SoonAsync();
        await _stopping.CancelAsync();
        Assert.Contains("before the gateway stopped", (await talking.SoonAsync()).Receipt!.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_batch_ends_the_wait_with_an_error()
    {
        var talking = Talk(Acknowledge.Committed, _commits);
        await SendAsync("{}\n");
        var ids = await ConfirmAllAsync();
        _commits.Committed(new BatchCounts { BatchId = ids[0], Sources = [] });
        _commits.Buried(ids[1]);
        var receipt = (await talking.SoonAsync()).Receipt!;
        Assert.Equal(ReceiptState.Queued, receipt.State);
        Assert.Contains("dead queue", receipt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopping_gateway_says_how_far_it_came()
    {
        var talking = Talk(Acknowledge.Committed, _commits);
        await _input.NextPendingAsync();
        _input.Send("{}\n{}\n{\"half\":");
        await _input.NextPendingAsync();
        await _stopping.CancelAsync();
        await ConfirmAllAsync();
        var receipt = (await talking.SoonAsync()).Receipt!;
        Assert.Equal((ReceiptState.Interrupted, 2, 6), (receipt.State, (int)receipt.Lines, (int)receipt.Bytes));
    }

    [Fact]
    public async Task A_stopping_gateway_waits_for_no_room_in_the_queues()
    {
        var backlog = new Backlog(new BacklogTests.Queues { Waiting = 100 }, "p", _time);
        for (var i = 1; i < Backlog.LookEvery; i++)
            await backlog.AwaitRoomAsync(_stopping.Token, _aborting.Token);
        var talking = Talk(Acknowledge.Queued, null, backlog);
        await _input.NextPendingAsync();
        _input.Send("{}\n{");
        await _stopping.CancelAsync();
        await ConfirmAllAsync();
        Assert.Equal(ReceiptState.Interrupted, (await talking.SoonAsync()).Receipt!.State);
    }

    [Fact]
    public async Task A_producer_that_is_silent_for_too_long_is_told_how_far_it_came()
    {
        _options.IdleTimeout = TimeSpan.FromMinutes(1);
        var talking = Talk(Acknowledge.Queued, null);
        await _input.NextPendingAsync();
        _time.Advance(TimeSpan.FromSeconds(59));
        _input.Send("{}\n{");
        await _input.NextPendingAsync();
        (await _sender.NextAsync()).Confirm();
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(talking.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await _sender.NextAsync()).Confirm();
        var (result, receipt) = await talking.SoonAsync();
        Assert.Equal((SourceOutcome.Idle, ReceiptState.Interrupted, 1), (result.Outcome, receipt!.State, (int)receipt.Lines));
        Assert.Contains("Gateway__IdleTimeout", receipt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_producer_may_be_silent_where_no_limit_is_set()
    {
        var talking = Talk(Acknowledge.Queued, null);
        await _input.NextPendingAsync();
        _time.Advance(TimeSpan.FromDays(30));
        _input.Send("{}\n");
        _input.End();
        await ConfirmAllAsync();
        Assert.Equal(ReceiptState.Queued, (await talking.SoonAsync()).Receipt!.State);
    }

    [Fact]
    public async Task A_transport_that_was_aborted_is_a_source_that_broke_off()
    {
        var talking = Talk(Acknowledge.Queued, null);
        _input.Break(new OperationCanceledException("aborted"));
        (await _sender.NextAsync()).Confirm();
        Assert.Equal(SourceOutcome.Broken, (await talking.SoonAsync()).Result.Outcome);
    }

    [Fact]
    public async Task Where_no_receipt_is_wanted_none_is_given()
    {
        var talking = Talk(Acknowledge.None, null);
        await SendAsync("{}\n");
        await ConfirmAllAsync();
        var (result, receipt) = await talking.SoonAsync();
        Assert.Equal(SourceOutcome.Completed, result.Outcome);
        Assert.Null(receipt);
    }

    [Fact]
    public async Task A_source_that_broke_off_gets_no_receipt()
    {
        var talking = Talk(Acknowledge.Queued, null);
        _input.Break(new IOException("reset"));
        (await _sender.NextAsync()).Confirm();
        Assert.Null((await talking.SoonAsync()).Receipt);
    }

    /// <summary>What can be taken later is not acknowledged as if it were taken.</summary>
    [Fact]
    public async Task A_source_for_which_there_is_no_memory_at_the_moment_is_interrupted()
    {
        var talking = Talk(Acknowledge.Committed, _commits);
        _input.Break(new DecompressionRefusedException("others held it") { IsForNow = true });
        (await _sender.NextAsync()).Confirm();
        Assert.Equal(
            """{"source":"live","lines":0,"bytes":0,"batches":1,"rejected":0,"state":"interrupted","error":"others held it; send what follows these bytes again"}""" + "\n",
            await ReceiptAsync(talking));
    }

    private Task<(SourceResult Result, Receipt? Receipt)> Talk(
        Acknowledge acknowledge, CommitTally? commits, Backlog? backlog = null, Func<CancellationToken, Task>? leaving = null)
    {
        var publisher = new BatchPublisher<LineBatch>(_sender, new PublisherOptions(), _time, new Random(1), NullLogger.Instance);
        _source = Cutting.Live(Definitions.RefusingAll() with { Acknowledge = acknowledge });
        var conversation = new SourceConversation(
            _source, publisher, commits, new ReceiveBudget(_source.Pipeline, _options, _time), new DecompressionBudget(_options.Decompression, _time),
            _options, _time, backlog: backlog);
        return conversation.RunAsync(_input, _stopping.Token, _aborting.Token, leaving: leaving);
    }

    private async Task SendAsync(string lines)
    {
        await _input.NextPendingAsync();
        _input.Send(lines);
        _input.End();
    }

    /// <returns>The batches' ids, the one with the source's end last.</returns>
    private async Task<List<Guid>> ConfirmAllAsync()
    {
        var ids = new List<Guid>();
        while (true)
        {
            var attempt = await _sender.NextAsync();
            ids.Add(attempt.Batch.Id);
            var isLast = attempt.Batch.Ends.Count > 0;
            attempt.Confirm();
            if (isLast)
                return ids;
        }
    }

    private static async Task<string> ReceiptAsync(Task<(SourceResult Result, Receipt? Receipt)> talking) =>
        Encoding.UTF8.GetString((await talking.SoonAsync()).Receipt!.ToLine());
}
