using System.Net;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway.Edge;

/// <summary>Which addresses may send lines.</summary>
internal sealed class AddressRules(IOptions<EdgeOptions> options)
{
    private readonly IPNetwork[] _networks = [.. options.Value.AllowedAddresses.Select(text => EdgeOptions.Parse(text)!.Value)];

    /// <param name="address">An IPv4 address may come as an IPv6 address that stands for it.</param>
    public bool Allows(IPAddress address) => _networks.Length == 0 || Array.Exists(_networks, network => network.Contains(Plain(address)));

    /// <summary>The IPv4 address that an IPv6 address stands for, or the address itself.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
