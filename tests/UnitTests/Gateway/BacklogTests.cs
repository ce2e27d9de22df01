using Ingest.Gateway.Sources;
using Ingest.Messaging;

namespace Ingest.UnitTests.Gateway;

public sealed class BacklogTests : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ObservedTime _time = new();
    private readonly Queues _queues = new();
    private readonly Backlog _backlog;

    public BacklogTests() => _backlog = new Backlog(_queues, "p", _time);

    public void Dispose() => _stopping.Dispose();

    [Fact]
    public async Task Nobody_waits_while_little_lies_in_the_queues()
    {
        _queues.Waiting = Backlog.MostWaiting;
        for (var i = 0; i < 3 * Backlog.LookEvery; i++)
            await SendAsync();
        Assert.Equal(3, _queues.Looks);
        Assert.True(_time.NobodyWaits);
    }

    [Fact]
    public async Task A_full_batch_waits_until_less_lies_there_and_with_it_whoever_comes_meanwhile()
    {
        _queues.Waiting = Backlog.MostWaiting + 2;
        var held = await HoldAsync();
        var others = Enumerable.Range(0, 3).Select(_ => SendAsync()).ToArray();
        _queues.Waiting = Backlog.MostWaiting + 1;
        await PassAsync();
        Assert.False(held.IsCompleted || others.Any(o => o.IsCompleted));

        _queues.Waiting = Backlog.MostWaiting;
        _time.Advance(await _time.NextWaitAsync());
        await held.SoonAsync();
        await Task.WhenAll(others).SoonAsync();
        await SendAsync().SoonAsync();
    }

    [Fact]
    public async Task Where_nobody_takes_anything_the_queues_may_fill_until_somebody_does()
    {
        _queues.Waiting = 100;
        var held = await HoldAsync();
        for (var waited = TimeSpan.Zero; waited < Backlog.Patience;)
        {
            Assert.False(held.IsCompleted);
            var wait = await _time.NextWaitAsync();
            waited += wait;
            _time.Advance(wait);
        }

        await held.SoonAsync();

        // It fills.
        for (var i = 1; i <= 4 * Backlog.LookEvery; i++)
        {
            _queues.Waiting++;
            await SendAsync().SoonAsync();
        }

        _queues.Waiting--;
        var again = await HoldAsync();
        _queues.Waiting = 0;
        _time.Advance(await _time.NextWaitAsync());
        await again.SoonAsync();
    }

    [Fact]
    public async Task Nobody_waits_for_a_broker_that_cannot_tell()
    {
        _queues.Waiting = null;
        for (var i = 0; i < Backlog.LookEvery; i++)
            await SendAsync().SoonAsync();
        Assert.Equal(1, _queues.Looks);
    }

    [Fact]
    public async Task A_broker_that_does_not_answer_is_waited_for_no_longer_than_queues_that_stand_still()
    {
        var answer = new TaskCompletionSource<long?>();
        _queues.Answer = answer.Task;
        var asking = await HoldAsync();
        Assert.Equal(Backlog.Patience, await _time.NextWaitAsync());
        _time.Advance(Backlog.Patience);
        await asking.SoonAsync();
        answer.SetResult(0);
    }

    [Fact]
    public async Task Who_gives_up_lets_the_others_look()
    {
        _queues.Waiting = 100;
        using var aborting = new CancellationTokenSource();
        for (var i = 1; i < Backlog.LookEvery; i++)
            await SendAsync();
        var held = _backlog.AwaitRoomAsync(_stopping.Token, aborting.Token).AsTask();
        await _time.NextWaitAsync();
        aborting.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held.SoonAsync());
        _queues.Waiting = 0;
        for (var i = 0; i < Backlog.LookEvery; i++)
            await SendAsync().SoonAsync();
    }

    [Fact]
    public async Task A_gateway_that_stops_lets_all_go_that_wait()
    {
        _queues.Waiting = 100;
        var held = await HoldAsync();
        await _time.NextWaitAsync();
        var others = Enumerable.Range(0, 3).Select(_ => SendAsync()).ToArray();
        Assert.False(held.IsCompleted || others.Any(o => o.IsCompleted));
        await _stopping.CancelAsync();
        await Task.WhenAll([held, .. others]).SoonAsync();

        var looks = _queues.Looks;
        for (var i = 0; i < 2 * Backlog.LookEvery; i++)
            await SendAsync().SoonAsync();
        Assert.Equal(looks, _queues.Looks);
    }

    /// <summary>Sends batches up to the one that looks.</summary>
    private async Task<Task> HoldAsync()
    {
        for (var i = 1; i < Backlog.LookEvery; i++)
            await SendAsync().SoonAsync();
        return SendAsync();
    }

    /// <summary>Lets one look pass.</summary>
    private async Task PassAsync()
    {
        var looks = _queues.Looks;
        _time.Advance(await _time.NextWaitAsync());
        await TestSupport.Eventually.HoldsAsync(() => _queues.Looks > looks, TimeSpan.FromSeconds(60), () => "It was to look again.");
    }

    private Task SendAsync() => _backlog.AwaitRoomAsync(_stopping.Token, TestContext.Current.CancellationToken).AsTask();

    /// <summary>Queues that hold as much as a test says.</summary>
    internal sealed class Queues : IBatchQueues
    {
        public long? Waiting { get; set; }

        public Task<long?>? Answer { get; set; }

        public int Looks { get; private set; }

        public bool SendsAwaitConsumers => false;

        public Task<long?> CountWaitingAsync(string pipeline, CancellationToken cancellationToken)
        {
            Looks++;
            return Answer ?? Task.FromResult(Waiting);
        }

        public IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T> => throw new NotSupportedException();

        public IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T> => throw new NotSupportedException();
    }
}
