using Ingest.Messaging.RabbitMq;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ingest.UnitTests.Services;

public sealed class OptionsTests
{
    [Fact]
    public void A_setting_that_cannot_be_read_is_named_and_not_shown()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            [new("RabbitMq:Uri", "amqp://ingest:s3'/cret@mq:5672")]).Build());
        services.AddValidatedOptions<RabbitMqOptions>("RabbitMq", static (section, options, how) => section.Bind(options, how));
        using var provider = services.BuildServiceProvider();
        var told = Assert.Throws<StartupException>(() => provider.GetRequiredService<IOptions<RabbitMqOptions>>().Value);
        Assert.Contains("RabbitMq:Uri", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", told.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.BadConfiguration, told.ExitCode);
    }
}
