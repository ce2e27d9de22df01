using Ingest.TestSupport;

namespace Ingest.UnitTests.Support;

public sealed class EventuallyTests
{
    [Fact]
    public async Task A_condition_that_comes_to_hold_is_waited_for()
    {
        var asked = 0;
        await Eventually.HoldsAsync(() => ++asked == 3, TimeSpan.FromSeconds(30), () => "never");
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task A_condition_that_never_holds_says_what_there_is_instead()
    {
        var cause = new InvalidDataException("unreadable");
        var failure = await Assert.ThrowsAsync<TimeoutException>(() => Eventually.HoldsAsync(
            () => Task.FromException<bool>(cause), TimeSpan.FromMilliseconds(1), () => "two of three"));
        Assert.Equal("Not within 0 s: two of three", failure.Message);
        Assert.Same(cause, failure.InnerException);
    }
}
