using System.ComponentModel.DataAnnotations;
using System.Net;
using Ingest.Gateway;
using Ingest.Gateway.Edge;
using Microsoft.Extensions.Options;

namespace Ingest.UnitTests.Gateway.Edge;

public class AddressRulesTests
{
    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("11.1.2.3", false)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("192.0.2.7", true)]
    [InlineData("192.0.2.8", false)]
    [InlineData("2001:db8::1", true)]
    [InlineData("2001:db9::1", false)]
    public void Only_addresses_of_the_listed_networks_are_allowed(string address, bool allowed) =>
        Assert.Equal(allowed, Rules("10.0.0.0/8", "192.0.2.7", "2001:db8::/32").Allows(IPAddress.Parse(address)));

    [Fact]
    public void Without_a_list_all_are_allowed() => Assert.True(Rules().Allows(IPAddress.Parse("203.0.113.1")));

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("192.0.2.7", false)]
    public void Proxies_have_a_list_of_their_own(string address, bool trusted)
    {
        var rules = new AddressRules(Options.Create(new EdgeOptions { AllowedAddresses = ["192.0.2.7"], ProxyAddresses = ["10.0.0.0/8"] }));
        Assert.Equal(trusted, rules.TrustsAsProxy(IPAddress.Parse(address)));
        Assert.True(Rules("192.0.2.7").TrustsAsProxy(IPAddress.Parse("10.1.2.3")));
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("host")]
    [InlineData("")]
    public void What_is_no_network_is_a_mistake_that_names_it(string text) =>
        Assert.Contains($"'{text}'", EdgeOptions.CheckNetworks(["10.0.0.0/8", text], new ValidationContext(this))!.ErrorMessage, StringComparison.Ordinal);

    private static AddressRules Rules(params string[] networks) => new(Options.Create(new EdgeOptions { AllowedAddresses = networks }));
}
