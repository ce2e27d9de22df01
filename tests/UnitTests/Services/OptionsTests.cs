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
