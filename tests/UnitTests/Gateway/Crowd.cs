using System.Numerics;
using Ingest.Gateway;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Gateway;

/// <summary>Many senders of one pipeline that share a budget, on one thread and one clock.</summary>
internal sealed class Crowd : IBatchSender<LineBatch>
{
    public const int LongestLine = 4 * LineBatchBuilder.CutBytes;
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly OneThread _thread = new();
    private readonly FakeTimeProvider _time = new();
    private readonly BatchPublisher<LineBatch> _publisher;
    private readonly ReceiveBudget _budget;
    private readonly Queue<TaskCompletionSource> _unconfirmed = new();
    private readonly long _mostBytes;

    /// <param name="batches">Places for batches.</param>
    /// <param name="longLines">Places for long lines.</param>
    /// <param name="inFlightBytes">The publisher's window.</param>
    public Crowd(int batches, int longLines, long inFlightBytes = 16 * 1024 * 1024)
    {
        var pipeline = Source.Pipeline;
        var options = new GatewayOptions
        {
            ReceiveBytes = batches * (long)ReceiveBudget.BytesPerBatch,
            LongLineBytes = longLines * ReceiveBudget.BytesPerLongLine(pipeline),
            ProgressDeadline = Deadline,
        };
        _budget = new ReceiveBudget(pipeline, options, _time);
        _publisher = new BatchPublisher<LineBatch>(
            this, new PublisherOptions { InFlightBytes = inFlightBytes }, _time, new Random(1), NullLogger.Instance);
        _mostBytes = (batches * (long)LineBatchBuilder.CutBytes)
            + (longLines * (long)BitOperations.RoundUpToPowerOf2((uint)LineBatchBuilder.LongestBuffer(pipeline)));
    }

    public List<Member> Members { get; } = [];

    /// <summary>Whether sends wait until <see cref="Confirm"/>.</summary>
    public bool IsPaused { get; set; }

    public long Lines { get; private set; }

    public int BatchPlacesTaken => _budget.Batches.Taken;

    public int LongPlacesTaken => _budget.LongLines.Taken;

    private static Source Source { get; } = Cutting.Live(Definitions.RefusingAll(LongestLine));

    public Member Join()
    {
        var input = new ScriptedStream();
        var pump = new SourcePump(Source, new SourceOutlet(_publisher), TimeSpan.FromMilliseconds(50), _time, budget: _budget);
        Task<SourceResult> running = null!;
        Run(() => running = pump.RunAsync(input, CancellationToken.None, CancellationToken.None));
        var member = new Member(input, pump, running);
        Members.Add(member);
        return member;
    }

    /// <summary>Runs until everybody waits, and looks at what they hold then.</summary>
    public void Run(Action action)
    {
        _thread.Run(action);
        Assert.InRange(Members.Sum(m => (long)m.Pump.BufferBytes), 0, (Members.Count * (long)LineBatchBuilder.Floor) + _mostBytes);
    }

    public void Pass(TimeSpan time) => Run(() => _time.Advance(time));

    /// <summary>Confirms what is under way, once.</summary>
    public void Confirm()
    {
        for (var i = _unconfirmed.Count; i > 0; i--)
            Run(() => _unconfirmed.Dequeue().SetResult());
    }

    public Task SendAsync(LineBatch batch, CancellationToken cancellationToken)
    {
        Lines += batch.Segments.Sum(s => s.Lines);
        if (!IsPaused)
            return Task.CompletedTask;
        var confirmed = new TaskCompletionSource();
        _unconfirmed.Enqueue(confirmed);
        return confirmed.Task;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>One sender, and who reads it.</summary>
internal sealed record Member(ScriptedStream Input, SourcePump Pump, Task<SourceResult> Running)
{
    public bool IsDone => Running.IsCompleted;

    /// <summary>Null while it goes on.</summary>
    public SourceResult? Result => IsDone ? Running.GetAwaiter().GetResult() : null;

    public SourceOutcome? Outcome => Result?.Outcome;
}
