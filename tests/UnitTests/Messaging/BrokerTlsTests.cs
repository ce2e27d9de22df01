using System.Net.Security;
using Ingest.Messaging.RabbitMq;

namespace Ingest.UnitTests.Messaging;

public sealed class BrokerTlsTests
{
    [Theory]
    [InlineData("amqps://u:p@broker/")]
    [InlineData("amqps://u:p@broker:5679/host")]
    public void A_broker_s_certificate_must_be_trusted_and_for_its_name(string address)
    {
        var factory = RabbitMqConnection.CreateFactory(new RabbitMqOptions { Uri = new Uri(address) });
        Assert.Equal((true, "broker", SslPolicyErrors.None), (factory.Ssl.Enabled, factory.Ssl.ServerName, factory.Ssl.AcceptablePolicyErrors));
    }
}
