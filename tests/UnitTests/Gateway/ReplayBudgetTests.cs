using System.Text;
using Ingest.Gateway;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.UnitTests.Messaging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Gateway;

/// <summary>Where a replayable source's batches are cut depends on its bytes alone, also where memory is short.</summary>
public sealed class ReplayBudgetTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly OneThread _thread = new();
    private readonly ScriptedSender<LineBatch> _sender = new();
    private readonly ScriptedStream _input = new();
    private readonly ReceiveBudget _budget;

    public ReplayBudgetTests() => _budget = new ReceiveBudget(
        Definitions.RefusingAll(), new GatewayOptions { ReceiveBytes = ReceiveBudget.BytesPerBatch, ProgressDeadline = Deadline }, _time);

    public void Dispose() => _input.Dispose();

    [Fact]
    public async Task It_waits_for_a_place_instead_of_sending_less_than_a_batch()
    {
        var other = new Other();
        Assert.True(_budget.Batches.TryEnter(other));
        var lines = string.Concat(Enumerable.Repeat("{\"a\":1}\n", 1000));
        Task<SourceResult> running = null!;
        _thread.Run(() => running = Run());
        _thread.Run(() => _input.Send(lines));
        Assert.Equal(0, _sender.Waiting);

        _thread.Run(() => _budget.Batches.Leave(other));
        _thread.Run(_input.End);
        var attempt = await _sender.NextAsync();
        Assert.Equal(lines, Encoding.ASCII.GetString(attempt.Batch.Lines.Span));
        _thread.Run(attempt.Confirm);
        var result = await running.SoonAsync();
        Assert.Equal((SourceOutcome.Completed, 1000), (result.Outcome, (int)result.Lines));
        Assert.Equal(0, _budget.Batches.Taken);
    }

    [Fact]
    public async Task It_is_slow_and_not_stalled_while_lines_come_and_others_wait()
    {
        Task<SourceResult> running = null!;
        _thread.Run(() => running = Run());
        _thread.Run(() => _input.Send(Line(LineBatchBuilder.Floor)));
        Assert.Equal(1, _budget.Batches.Taken);
        Task waiting = null!;
        _thread.Run(() => waiting = _budget.Batches.EnterAsync(new Other(), CancellationToken.None));
        for (var i = 0; i < 10; i++)
        {
            _thread.Run(() => _time.Advance(Deadline * 0.9));
            _thread.Run(() => _input.Send(Line(100)));
        }

        Assert.False(running.IsCompleted);
        Assert.False(waiting.IsCompleted);

        // Bytes of one line are no progress, however long they go on.
        for (var i = 0; i < 2; i++)
        {
            _thread.Run(() => _input.Send("x"));
            _thread.Run(() => _time.Advance(Deadline * 0.9));
        }

        Assert.Equal(SourceOutcome.Stalled, (await running.SoonAsync()).Outcome);
        await waiting.SoonAsync();
    }

    private static string Line(int bytes) => new string('x', bytes - 1) + "\n";

    private Task<SourceResult> Run()
    {
        var publisher = new BatchPublisher<LineBatch>(_sender, new PublisherOptions(), _time, new Random(1), NullLogger.Instance);
        var source = Source.Replay("key", Definitions.RefusingAll());
        return new SourcePump(source, new SourceOutlet(publisher), TimeSpan.FromMilliseconds(50), _time, budget: _budget)
            .RunAsync(_input, CancellationToken.None, CancellationToken.None);
    }

    private sealed class Other : IReceiver
    {
        public long? StalledSince => null;

        public void End()
        {
        }
    }
}
