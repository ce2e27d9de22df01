using System.Net.Security;
using System.Security.Cryptography;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway.Edge;

/// <summary>The certificates of the TCP ports, read again when their files have changed; connections keep those that they began with.</summary>
internal sealed class TlsCertificates
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly ReloadedFile<SslServerAuthenticationOptions>? _files;

    /// <exception cref="StartupException">A file is missing or of no use.</exception>
    public TlsCertificates(IOptions<EdgeOptions> options, ILogger<TlsCertificates> logger)
    {
        var (certificate, key, authority) = (options.Value.CertificateFile, options.Value.KeyFile, options.Value.ClientAuthorityFile);
        if (certificate is { Length: > 0 })
        {
            string[] paths = [.. new[] { certificate, key, authority }.OfType<string>()];
            _files = new ReloadedFile<SslServerAuthenticationOptions>(
                "Edge__CertificateFile", paths, () => Read(certificate, key, authority), logger);
        }
        else if (key is not null || authority is not null)
        {
            throw new StartupException(
                "Edge__KeyFile and Edge__ClientAuthorityFile need Edge__CertificateFile, the certificate of the TCP ports; set it too.", ExitCodes.BadConfiguration);
        }
    }

    /// <summary>Null where the ports speak no TLS.</summary>
    public SslServerAuthenticationOptions? Current => _files?.Current;

    private static SslServerAuthenticationOptions Read(string certificate, string? key, string? authority)
    {
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = PemFiles.ReadCertificate(certificate, key) };
        if (authority is null)
            return options;
        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = PemFiles.ReadAuthority(authority);
        options.CertificateChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return options;
    }
}
