using Ingest.Messaging;

namespace Ingest.UnitTests.Messaging;

public class PrefetchTests
{
    [Theory]
    [InlineData(32L * 1024 * 1024, 256 * 1024, 128)]
    [InlineData(32L * 1024 * 1024, (256 * 1024) + 1, 127)]
    [InlineData(32L * 1024 * 1024, 1024 * 1024, 32)]
    public void As_many_messages_are_held_as_fit_into_the_bytes(long bytes, long largest, int messages) =>
        Assert.Equal(messages, Prefetch.Messages(bytes, largest));

    [Theory]
    [InlineData(1024 * 1024, 16L * 1024 * 1024, Prefetch.Fewest)]
    [InlineData(long.MaxValue, 1, Prefetch.Most)]
    [InlineData(300 * 4096L, 4096, Prefetch.Most)]
    [InlineData((300 * 4096L) - 1, 4096, Prefetch.Most - 1)]
    [InlineData(16 * 4096L, 4096, Prefetch.Fewest)]
    [InlineData(17 * 4096L, 4096, Prefetch.Fewest + 1)]
    public void There_are_never_so_few_that_it_waits_nor_more_than_gain_anything(long bytes, long largest, int messages) =>
        Assert.Equal(messages, Prefetch.Messages(bytes, largest));
}
