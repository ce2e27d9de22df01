using Ingest.Gateway;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Gateway;

public class GatewayEndTests
{
    [Fact]
    public void What_is_not_safe_when_the_drain_is_over_is_given_up()
    {
        var time = new FakeTimeProvider();
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        var options = new GatewayOptions();
        using var end = new GatewayEnd(lifetime, Options.Create(options), time);
        time.Advance(options.Drain * 2);
        Assert.False(end.Stopping.IsCancellationRequested);
        Assert.False(end.Aborting.IsCancellationRequested);

        lifetime.StopApplication();
        Assert.True(end.Stopping.IsCancellationRequested);
        time.Advance(options.Drain - TimeSpan.FromMilliseconds(1));
        Assert.False(end.Aborting.IsCancellationRequested);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(end.Aborting.IsCancellationRequested);
    }
}
