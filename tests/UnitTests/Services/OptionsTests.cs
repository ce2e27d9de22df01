using Ingest.Gateway;
using Ingest.Messaging.RabbitMq;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ingest.UnitTests.Services;

public sealed class OptionsTests
{
    /// <summary>An empty list of addresses lets everybody in.</summary>
    [Fact]
    public void A_list_that_is_written_as_one_value_is_refused_and_not_passed_over()
    {
        var told = Assert.Throws<StartupException>(() => Read<EdgeOptions>(
            ("Edge:AllowedAddresses", "10.0.0.0/8"), "Edge", static (section, options, how) => section.Bind(options, how)));
        Assert.Contains("Edge__AllowedAddresses__0", told.Message, StringComparison.Ordinal);
        var options = Read<EdgeOptions>(("Edge:AllowedAddresses:0", "10.0.0.0/8"), "Edge", static (section, options, how) => section.Bind(options, how));
        Assert.Equal(["10.0.0.0/8"], options.AllowedAddresses);
    }

    [Fact]
    public void A_setting_that_cannot_be_read_is_named_and_not_shown()
    {
        var told = Assert.Throws<StartupException>(() => Read<RabbitMqOptions>(
            ("RabbitMq:Uri", "amqp://ingest:s3'/cret@mq:5672"), "RabbitMq", static (section, options, how) => section.Bind(options, how)));
        Assert.Contains("RabbitMq:Uri", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", told.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.BadConfiguration, told.ExitCode);
    }

    [Theory]
    [InlineData("Gateway:Lingr", "00:00:01", "Gateway__Lingr is no setting; did you mean Gateway__Linger?")]
    [InlineData("Gateway:Something", "1", "Gateway__Something is no setting of Gateway__…; README.md lists them")]
    [InlineData("Gateway:IdleTimeout", "5", "Gateway__IdleTimeout is a duration: write it as [days.]hours:minutes:seconds, such as 00:00:05 for five seconds.")]
    [InlineData("Gateway:linger", "1.00:00:00", "Gateway__Linger must be between 00:00:00 and 00:00:10.")]
    [InlineData("Gateway:MaxExpansion", "1", "Gateway__MaxExpansion must be between 10 and 1000000000.")]
    [InlineData("Gateway:SocketMode", "rw", "Gateway__SocketMode must be three octal digits, such as 600 or 660.")]
    [InlineData("Gateway:ListenAddress", "all", "Gateway__ListenAddress: 'all' is not an IP address.")]
    public void A_mistake_is_told_by_the_name_that_was_written(string key, string value, string message)
    {
        var told = Assert.ThrowsAny<Exception>(() => Read<GatewayOptions>((key, value), "Gateway", static (section, options, how) => section.Bind(options, how)));
        Assert.Equal((message, ExitCodes.BadConfiguration), StartupErrors.Describe(told));
    }

    [Fact]
    public void Proxies_that_nobody_listens_to_are_a_mistake()
    {
        var told = Assert.ThrowsAny<Exception>(() => Read<EdgeOptions>(
            ("Edge:ProxyAddresses:0", "10.0.0.0/8"), "Edge", static (section, options, how) => section.Bind(options, how)));
        Assert.StartsWith("Edge__ProxyAddresses: ", StartupErrors.Describe(told)?.Message, StringComparison.Ordinal);
    }

    private static T Read<T>((string Key, string Value) setting, string section, Action<IConfiguration, T, Action<BinderOptions>> bind)
        where T : class
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new(setting.Key, setting.Value)]).Build());
        services.AddValidatedOptions(section, bind);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<T>>().Value;
    }
}
