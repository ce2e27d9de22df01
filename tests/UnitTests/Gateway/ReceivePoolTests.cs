using Ingest.Gateway.Sources;

namespace Ingest.UnitTests.Gateway;

public sealed class ReceivePoolTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly ObservedTime _time = new();
    private readonly ReceivePool _pool;

    public ReceivePoolTests() => _pool = new ReceivePool(2, Deadline, _time);

    [Fact]
    public async Task Places_are_given_in_the_order_of_asking()
    {
        var (first, second) = (Enter(), Enter());
        var (third, fourth) = (new Receiver(), new Receiver());
        var (thirdEnters, fourthEnters) = (EnterAsync(third), EnterAsync(fourth));
        _pool.Leave(first);
        await thirdEnters.SoonAsync();
        Assert.False(fourthEnters.IsCompleted);
        Assert.False(_pool.TryEnter(new Receiver()));
        _pool.Leave(second);
        await fourthEnters.SoonAsync();
        Assert.Equal(2, _pool.Taken);
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_no_place_behind()
    {
        var (first, _) = (Enter(), Enter());
        using var giveUp = new CancellationTokenSource();
        var gone = _pool.EnterAsync(new Receiver(), giveUp.Token);
        var next = EnterAsync(new Receiver());
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.SoonAsync());
        _pool.Leave(first);
        await next.SoonAsync();
        Assert.Equal(2, _pool.Taken);
    }

    [Fact]
    public void Nobody_is_ended_while_nobody_waits()
    {
        var (stalled, _) = (Enter(), Enter());
        stalled.StalledSince = _time.GetTimestamp();
        Assert.False(_pool.TryEnter(new Receiver()));
        _time.Advance(100 * Deadline);
        Assert.False(stalled.IsEnded);
        Assert.True(_time.NobodyWaits);
    }

    [Fact]
    public void Who_stalls_is_ended_at_the_deadline_when_somebody_waits()
    {
        var (stalled, busy) = (Enter(), Enter());
        stalled.StalledSince = _time.GetTimestamp();
        _time.Advance(Deadline / 2);
        var waiting = EnterAsync(new Receiver());
        _time.Advance((Deadline / 2) - TimeSpan.FromTicks(1));
        Assert.False(stalled.IsEnded);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((true, false), (stalled.IsEnded, busy.IsEnded));
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public void One_that_has_stalled_long_enough_is_ended_at_once_for_each_who_comes_the_longest_first()
    {
        var (later, longest) = (Enter(), Enter());
        longest.StalledSince = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(1));
        later.StalledSince = _time.GetTimestamp();
        _time.Advance(Deadline);
        _ = EnterAsync(new Receiver());
        Assert.Equal((true, false), (longest.IsEnded, later.IsEnded));
        _ = EnterAsync(new Receiver());
        Assert.True(later.IsEnded);
    }

    [Fact]
    public async Task Who_begins_to_stall_while_others_wait_is_ended_too()
    {
        var (busy, _) = (Enter(), Enter());
        var waiting = EnterAsync(new Receiver());
        _time.Advance(Deadline - TimeSpan.FromSeconds(1));
        busy.StalledSince = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(busy.IsEnded);
        _time.Advance(Deadline);
        Assert.True(busy.IsEnded);
        _pool.Leave(busy);
        await waiting.SoonAsync();
    }

    private Receiver Enter()
    {
        var receiver = new Receiver();
        Assert.True(_pool.TryEnter(receiver));
        return receiver;
    }

    private Task EnterAsync(Receiver receiver) => _pool.EnterAsync(receiver, CancellationToken.None);

    private sealed class Receiver : IReceiver
    {
        public long? StalledSince { get; set; }

        public bool IsEnded { get; private set; }

        public void End() => IsEnded = true;
    }
}
