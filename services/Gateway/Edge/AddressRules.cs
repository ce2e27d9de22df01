using System.Net;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway.Edge;

/// <summary>Which addresses may send lines, and which may say for whom they do.</summary>
internal sealed class AddressRules(IOptions<EdgeOptions> options)
{
    private readonly IPNetwork[] _senders = Read(options.Value.AllowedAddresses);
    private readonly IPNetwork[] _proxies = Read(options.Value.ProxyAddresses);

    /// <param name="address">An IPv4 address may come as an IPv6 address that stands for it.</param>
    public bool Allows(IPAddress address) => Holds(_senders, address);

    /// <summary>Whether a connection from there may name its client in a header of the PROXY protocol.</summary>
    public bool TrustsAsProxy(IPAddress address) => Holds(_proxies, address);

    /// <summary>The IPv4 address that an IPv6 address stands for, or the address itself.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IPNetwork[] Read(IEnumerable<string> networks) => [.. networks.Select(text => EdgeOptions.Parse(text)!.Value)];

    private static bool Holds(IPNetwork[] networks, IPAddress address) =>
        networks.Length == 0 || Array.Exists(networks, network => network.Contains(Plain(address)));
}
