using System.ComponentModel.DataAnnotations;
using System.Net;
using Ingest.Messaging;

namespace Ingest.Gateway;

/// <summary>Section <c>Edge</c> of the configuration: who may send lines, what they have to show first, and how lines are fetched from others.</summary>
public sealed class EdgeOptions : IValidatableObject
{
    public const string Section = "Edge";

    /// <summary>Addresses that may send lines over TCP and HTTP, such as <c>10.0.0.0/8</c>; all when there are none.</summary>
    [CustomValidation(typeof(EdgeOptions), nameof(CheckNetworks))]
    public IList<string> AllowedAddresses { get; init; } = [];

    /// <summary>Connections and requests of one address to one pipeline at a time; 0 for any number.</summary>
    [Range(0, 1_000_000)]
    public int MaxConnectionsPerAddress { get; set; }

    /// <summary>A file of tokens, one a line; TCP and HTTP producers then have to show one of them.</summary>
    public string? TokensFile { get; set; }

    /// <summary>Takes lines over HTTP without a token on other addresses than loopback, too.</summary>
    public bool OpenHttp { get; set; }

    /// <summary>A PEM file with the certificate of the TCP ports, then those between it and its root; without it they speak no TLS.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>A PEM file with the certificate's key, where it is not in the same file.</summary>
    public string? KeyFile { get; set; }

    /// <summary>A PEM file with the roots of the certificates that producers have to show; without it they show none.</summary>
    public string? ClientAuthorityFile { get; set; }

    /// <summary>Speaks TLS on outgoing connections (<c>connect</c>); the four settings below mean it too.</summary>
    public bool ConnectTls { get; set; }

    /// <summary>A PEM file with the roots of the certificates that the listeners there show; without it those that the system trusts.</summary>
    public string? ConnectAuthorityFile { get; set; }

    /// <summary>The name that those certificates have to have; without it the host that is connected to.</summary>
    [StringLength(253, MinimumLength = 1)]
    public string? ConnectServerName { get; set; }

    /// <summary>A PEM file with the certificate that is shown to the listeners, then those between it and its root; without it none is.</summary>
    public string? ConnectCertificateFile { get; set; }

    /// <summary>A PEM file with that certificate's key, where it is not in the same file.</summary>
    public string? ConnectKeyFile { get; set; }

    /// <summary>How long a connection may take for all that comes before its first line.</summary>
    [DurationRange("00:00:00.001", "00:05:00")]
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Every connection to a TCP port or a Unix socket begins with a header of the PROXY protocol, version 2.</summary>
    public bool ProxyProtocol { get; set; }

    /// <summary>Addresses of the proxies that may begin a connection with that header; all when there are none.</summary>
    [CustomValidation(typeof(EdgeOptions), nameof(CheckNetworks))]
    public IList<string> ProxyAddresses { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ProxyAddresses.Count > 0 && !ProxyProtocol)
            yield return new("names proxies, but none is listened to; set Edge__ProxyProtocol=true, or take it away.", [nameof(ProxyAddresses)]);
    }

    public static ValidationResult? CheckNetworks(IList<string> networks, ValidationContext context) =>
        networks.FirstOrDefault(text => Parse(text) is null) is { } wrong
            ? new($"'{wrong}' is neither an address nor a network such as 10.0.0.0/8.", [context.MemberName!])
            : ValidationResult.Success;

    /// <summary>A network, or an address as a network of its own; null for anything else.</summary>
    internal static IPNetwork? Parse(string text)
    {
        if (IPAddress.TryParse(text, out var address))
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return IPNetwork.TryParse(text, out var network) ? network : null;
    }
}
