using CsCheck;
using Ingest.Messaging;

namespace Ingest.UnitTests.Messaging;

public class ByteBudgetTests
{
    [Fact]
    public async Task Bytes_are_given_in_the_order_of_asking()
    {
        var budget = new ByteBudget(10);
        var first = await budget.AcquireAsync(6, CancellationToken.None);
        var large = budget.AcquireAsync(5, CancellationToken.None).AsTask();
        var small = budget.AcquireAsync(1, CancellationToken.None).AsTask();
        Assert.Equal((6, false, false), (budget.HeldBytes, large.IsCompleted, small.IsCompleted));

        budget.Release(first);
        Assert.Equal(5, await large.SoonAsync());
        Assert.Equal(1, await small.SoonAsync());
        Assert.Equal(6, budget.HeldBytes);
    }

    [Fact]
    public async Task More_than_everything_waits_for_everything()
    {
        var budget = new ByteBudget(10);
        await budget.AcquireAsync(1, CancellationToken.None);
        var all = budget.AcquireAsync(1_000, CancellationToken.None).AsTask();
        budget.Release(1);
        Assert.Equal(10, await all.SoonAsync());
        Assert.Equal(10, budget.HeldBytes);
        budget.Release(10);
        Assert.Equal(0, budget.HeldBytes);
    }

    [Fact]
    public async Task A_waiter_that_gives_up_lets_the_next_one_go()
    {
        var budget = new ByteBudget(10);
        using var cancelling = new CancellationTokenSource();
        await budget.AcquireAsync(8, CancellationToken.None);
        var large = budget.AcquireAsync(5, cancelling.Token).AsTask();
        var small = budget.AcquireAsync(2, CancellationToken.None).AsTask();

        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large.SoonAsync());
        Assert.Equal(2, await small.SoonAsync());
        Assert.Equal(10, budget.HeldBytes);
    }

    [Fact]
    public async Task A_waiter_whose_token_was_cancelled_before_takes_nothing()
    {
        var budget = new ByteBudget(10);
        await budget.AcquireAsync(10, CancellationToken.None);
        var waiting = budget.AcquireAsync(5, new CancellationToken(canceled: true)).AsTask();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.SoonAsync());
        budget.Release(10);
        Assert.Equal(0, budget.HeldBytes);
    }

    [Fact]
    public Task Any_history_is_that_of_a_fair_queue() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 40], Gen.Int[0, 1_000]).Array[1, 60].SampleAsync(async steps =>
        {
            const int Total = 30;
            var budget = new ByteBudget(Total);
            var held = new List<(long Bytes, Task<long> Granted)>();
            var queue = new List<(long Bytes, Task<long> Granted, CancellationTokenSource Cancelling)>();
            foreach (var (action, bytes, pick) in steps)
            {
                if (action == 0)
                {
                    var cancelling = new CancellationTokenSource();
                    queue.Add((Math.Min(bytes, Total), budget.AcquireAsync(bytes, cancelling.Token).AsTask(), cancelling));
                }
                else if (action == 1 && held.Count > 0)
                {
                    var released = held[pick % held.Count];
                    held.Remove(released);
                    budget.Release(await released.Granted.SoonAsync());
                }
                else if (action == 2 && queue.Count > 0)
                {
                    var cancelled = queue[pick % queue.Count];
                    queue.Remove(cancelled);
                    await cancelled.Cancelling.CancelAsync();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Granted.SoonAsync());
                }

                while (queue.Count > 0 && held.Sum(h => h.Bytes) + queue[0].Bytes <= Total)
                {
                    held.Add((queue[0].Bytes, queue[0].Granted));
                    queue.RemoveAt(0);
                }

                Assert.Equal(held.Sum(h => h.Bytes), budget.HeldBytes);
                await Task.WhenAll(held.Select(h => h.Granted)).SoonAsync();
                Assert.All(queue, q => Assert.False(q.Granted.IsCompleted));
            }
        }, iter: 500);
}
