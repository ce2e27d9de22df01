using Ingest.Messaging;

namespace Ingest.UnitTests.Messaging;

public class InFlightTests
{
    [Fact]
    public async Task It_is_empty_until_something_starts_and_again_when_all_is_done()
    {
        var inFlight = new InFlight();
        Assert.True(inFlight.IsEmpty);
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        inFlight.Add(first.Task);
        inFlight.Add(second.Task);
        first.SetResult();
        Assert.False(inFlight.IsEmpty);
        second.SetResult();
        await inFlight.None.SoonAsync();
        inFlight.Add(Task.CompletedTask);
        await inFlight.None.SoonAsync();
    }

    [Fact]
    public async Task The_first_failure_comes_when_all_is_done_and_stays()
    {
        var inFlight = new InFlight();
        var (first, second, third) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        inFlight.Add(first.Task);
        inFlight.Add(second.Task);
        first.SetException(new InvalidOperationException("first"));
        Assert.False(inFlight.IsEmpty);
        second.SetException(new InvalidOperationException("second"));
        Assert.Equal("first", (await Assert.ThrowsAsync<InvalidOperationException>(() => inFlight.None.SoonAsync())).Message);

        inFlight.Add(third.Task);
        third.SetResult();
        Assert.True(inFlight.None.IsFaulted);
    }

    [Fact]
    public async Task What_was_given_up_is_a_failure()
    {
        var inFlight = new InFlight();
        inFlight.Add(Task.FromCanceled(new CancellationToken(canceled: true)));
        await Assert.ThrowsAsync<OperationCanceledException>(() => inFlight.None.SoonAsync());
    }
}
