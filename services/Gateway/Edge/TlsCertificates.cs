using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
        using var ephemeral = X509Certificate2.CreateFromPemFile(certificate, key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificate);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(
                X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null), chain, offline: true),
        };
        if (authority is null)
            return options;

        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(authority);
        if (roots.Count == 0)
            throw new CryptographicException($"{authority} holds no certificate");
        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            ApplicationPolicy = { new Oid(ClientAuthentication) },
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        return options;
    }
}
