using Ingest.Messaging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.UnitTests.Messaging;

public sealed class BatchPublisherTests : IAsyncDisposable
{
    private readonly ScriptedSender<CountedBatch> _sender = new();
    private readonly ObservedTime _time = new();
    private readonly BatchPublisher<CountedBatch> _publisher;
    private readonly Dictionary<string, (CountedBatch Batch, Task Safe)> _published = [];

    public BatchPublisherTests() => _publisher = new BatchPublisher<CountedBatch>(
        _sender, new PublisherOptions { InFlightBytes = 1_000 }, _time, new Random(7), NullLogger.Instance);

    public ValueTask DisposeAsync() => _publisher.DisposeAsync();

    [Fact]
    public async Task A_batch_holds_its_bytes_until_it_is_confirmed()
    {
        await PublishAsync("a", 600);
        await PublishAsync("b", 400);
        var waiting = _publisher.PublishAsync(new CountedBatch("c", 1), CancellationToken.None).AsTask();
        Assert.Equal(1_000, _publisher.InFlightBytes);

        var a = await NextAsync("a");
        await NextAsync("b");
        Assert.Equal((0, false), (_sender.Waiting, waiting.IsCompleted));

        a.Confirm();
        await _published["a"].Safe.SoonAsync();
        await waiting.SoonAsync();
        await NextAsync("c");
        Assert.Equal(401, _publisher.InFlightBytes);
        AssertDisposals("a");
    }

    [Fact]
    public async Task A_batch_larger_than_the_budget_goes_alone()
    {
        await PublishAsync("small", 1);
        var large = _publisher.PublishAsync(new CountedBatch("large", 5_000), CancellationToken.None).AsTask();
        var after = _publisher.PublishAsync(new CountedBatch("after", 1), CancellationToken.None).AsTask();

        (await NextAsync("small")).Confirm();
        await large.SoonAsync();
        var attempt = await NextAsync("large");
        Assert.Equal((1_000, false), (_publisher.InFlightBytes, after.IsCompleted));

        attempt.Confirm();
        await after.SoonAsync();
        await NextAsync("after");
        Assert.Equal(1, _publisher.InFlightBytes);
    }

    [Fact]
    public async Task After_a_refusal_one_batch_alone_tries_again_until_it_gets_through()
    {
        foreach (var name in new[] { "a", "b", "c" })
            await PublishAsync(name);
        Attempt<CountedBatch>[] first = [await NextAsync("a"), await NextAsync("b"), await NextAsync("c")];

        // b is the first to be refused and probes; the others wait for it, and so does what comes later.
        first[1].Refuse();
        await _time.NextWaitAsync();
        Assert.False(_publisher.IsOpen);
        first[0].Refuse();
        first[2].Refuse();
        await PublishAsync("d");
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            (await NextAsync("b")).Refuse();
            await _time.NextWaitAsync();
        }

        _time.Advance(TimeSpan.FromSeconds(2));
        var probe = await NextAsync("b");
        Assert.Equal((0, true, false), (_sender.Waiting, _time.NobodyWaits, _publisher.IsOpen));
        probe.Confirm();
        await _published["b"].Safe.SoonAsync();
        Assert.True(_publisher.IsOpen);

        var others = new[] { await _sender.NextAsync(), await _sender.NextAsync(), await _sender.NextAsync() };
        Assert.Equal(["a", "c", "d"], others.Select(o => o.Batch.ToString()).Order());
        foreach (var other in others)
            other.Confirm();
        await Task.WhenAll(_published.Values.Select(p => p.Safe)).SoonAsync();
        Assert.Equal(0, _publisher.InFlightBytes);
        AssertDisposals("a", "b", "c", "d");
    }

    [Fact]
    public async Task Waits_double_from_50_ms_to_2_s_with_a_jitter_of_up_to_half()
    {
        await PublishAsync("a");
        var fractions = new List<double>();
        foreach (var longest in new[] { 50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000 })
        {
            (await NextAsync("a")).Refuse();
            var wait = (await _time.NextWaitAsync()).TotalMilliseconds;
            Assert.InRange(wait, longest / 2, longest);
            fractions.Add(Math.Round(wait / longest, 2));
            _time.Advance(TimeSpan.FromMilliseconds(longest));
        }

        Assert.True(fractions.Distinct().Count() > 4, "The waits are jittered.");
        (await NextAsync("a")).Confirm();
        await _published["a"].Safe.SoonAsync();
    }

    [Fact]
    public async Task The_next_refusal_after_a_success_waits_50_ms_again()
    {
        await PublishAsync("a");
        for (var i = 0; i < 4; i++)
        {
            (await NextAsync("a")).Refuse();
            await _time.NextWaitAsync();
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        (await NextAsync("a")).Confirm();
        await _published["a"].Safe.SoonAsync();
        await PublishAsync("b");
        (await NextAsync("b")).Refuse();
        Assert.InRange((await _time.NextWaitAsync()).TotalMilliseconds, 25, 50);
    }

    [Fact]
    public async Task A_batch_of_unknown_fate_is_sent_again_itself()
    {
        await PublishAsync("a");
        var first = await NextAsync("a");
        first.Break(new SendFailedException("no confirm in time", new TimeoutException()));
        await _time.NextWaitAsync();
        Assert.Equal(0, first.Batch.Disposals);
        _time.Advance(TimeSpan.FromSeconds(2));
        var second = await NextAsync("a");
        Assert.Same(first.Batch, second.Batch);
        second.Confirm();
        await _published["a"].Safe.SoonAsync();
        AssertDisposals("a");
    }

    [Fact]
    public async Task A_refusal_that_comes_after_the_window_opened_again_closes_it_again()
    {
        await PublishAsync("a");
        await PublishAsync("b");
        var (a, b) = (await NextAsync("a"), await NextAsync("b"));
        a.Refuse();
        await _time.NextWaitAsync();
        _time.Advance(TimeSpan.FromSeconds(2));
        (await NextAsync("a")).Confirm();
        await _published["a"].Safe.SoonAsync();

        b.Refuse();
        await _time.NextWaitAsync();
        Assert.False(_publisher.IsOpen);
        _time.Advance(TimeSpan.FromSeconds(2));
        (await NextAsync("b")).Confirm();
        await _published["b"].Safe.SoonAsync();
        Assert.True(_publisher.IsOpen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_prober_that_is_cancelled_passes_its_role_on(bool whileWaiting)
    {
        using var cancelling = new CancellationTokenSource();
        await PublishAsync("a", cancelling: cancelling);
        await PublishAsync("b");
        await PublishAsync("c");
        var (a, b, c) = (await NextAsync("a"), await NextAsync("b"), await NextAsync("c"));
        a.Refuse();
        await _time.NextWaitAsync();
        b.Refuse();
        c.Refuse();
        if (!whileWaiting)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            await NextAsync("a");
        }

        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _published["a"].Safe.SoonAsync());
        AssertDisposals("a");

        var next = new[] { await _sender.NextAsync(), await _sender.NextAsync() };
        Assert.Equal(["b", "c"], next.Select(n => n.Batch.ToString()).Order());
        next[0].Refuse();
        Assert.InRange((await _time.NextWaitAsync()).TotalMilliseconds, 25, 50);
        next[1].Refuse();
        Assert.False(_publisher.IsOpen);
        _time.Advance(TimeSpan.FromSeconds(2));
        var probe = await NextAsync(next[0].Batch.ToString());
        Assert.Equal((0, true), (_sender.Waiting, _time.NobodyWaits));
        probe.Confirm();
        (await NextAsync(next[1].Batch.ToString())).Confirm();
        await Task.WhenAll(_published["b"].Safe, _published["c"].Safe).SoonAsync();
        Assert.Equal((true, 0L), (_publisher.IsOpen, _publisher.InFlightBytes));
    }

    [Fact]
    public async Task A_waiting_batch_that_is_cancelled_leaves_the_probe_alone()
    {
        using var cancelling = new CancellationTokenSource();
        await PublishAsync("a");
        await PublishAsync("b", cancelling: cancelling);
        var (a, b) = (await NextAsync("a"), await NextAsync("b"));
        a.Refuse();
        await _time.NextWaitAsync();
        b.Refuse();
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _published["b"].Safe.SoonAsync());

        Assert.False(_publisher.IsOpen);
        AssertDisposals("b");
        _time.Advance(TimeSpan.FromSeconds(2));
        (await NextAsync("a")).Confirm();
        await _published["a"].Safe.SoonAsync();
        Assert.Equal((true, 0L), (_publisher.IsOpen, _publisher.InFlightBytes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failure_of_the_sender_itself_surfaces_and_leaves_the_window_open(bool asProber)
    {
        await PublishAsync("a");
        var attempt = await NextAsync("a");
        if (asProber)
        {
            attempt.Refuse();
            await _time.NextWaitAsync();
            _time.Advance(TimeSpan.FromSeconds(2));
            attempt = await NextAsync("a");
        }

        attempt.Break(new InvalidOperationException("a bug"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _published["a"].Safe.SoonAsync());
        Assert.Equal((true, 0L), (_publisher.IsOpen, _publisher.InFlightBytes));
        AssertDisposals("a");
    }

    [Fact]
    public async Task A_batch_that_gives_up_waiting_for_room_is_disposed()
    {
        using var cancelling = new CancellationTokenSource();
        await PublishAsync("a", 1_000);
        var batch = new CountedBatch("b", 1);
        var publishing = _publisher.PublishAsync(batch, cancelling.Token).AsTask();
        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publishing.SoonAsync());
        Assert.Equal((1, 1_000L), (batch.Disposals, _publisher.InFlightBytes));
    }

    [Fact]
    public async Task Disposing_disposes_the_sender()
    {
        await _publisher.DisposeAsync();
        Assert.True(_sender.IsDisposed);
    }

    private async Task PublishAsync(string name, int size = 10, CancellationTokenSource? cancelling = null)
    {
        var batch = new CountedBatch(name, size);
        var publishing = _publisher.PublishAsync(batch, cancelling?.Token ?? CancellationToken.None).AsTask();
        _published.Add(name, (batch, await publishing.SoonAsync()));
    }

    private async Task<Attempt<CountedBatch>> NextAsync(string name)
    {
        var attempt = await _sender.NextAsync();
        Assert.Equal(name, attempt.Batch.ToString());
        return attempt;
    }

    private void AssertDisposals(params string[] names) =>
        Assert.All(names, name => Assert.Equal((name, 1), (name, _published[name].Batch.Disposals)));
}
