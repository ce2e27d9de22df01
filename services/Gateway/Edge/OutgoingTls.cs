using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway.Edge;

/// <summary>TLS on the connections to producers' listeners. Its files are read again when they have changed.</summary>
internal sealed class OutgoingTls
{
    private readonly bool _isOn;
    private readonly string? _serverName;

    /// <summary>Null where no file is named.</summary>
    private readonly ReloadedFile<Trust>? _files;

    /// <exception cref="StartupException">A file is missing or of no use.</exception>
    public OutgoingTls(IOptions<EdgeOptions> options, ILogger<OutgoingTls> logger)
    {
        var edge = options.Value;
        if (edge.ConnectKeyFile is not null && edge.ConnectCertificateFile is null)
        {
            throw new StartupException(
                "Edge__ConnectKeyFile needs Edge__ConnectCertificateFile, the certificate that it is the key of; set it too.", ExitCodes.BadConfiguration);
        }

        string[] paths = [.. new[] { edge.ConnectAuthorityFile, edge.ConnectCertificateFile, edge.ConnectKeyFile }.OfType<string>()];
        _serverName = edge.ConnectServerName;
        _isOn = edge.ConnectTls || _serverName is not null || paths.Length > 0;
        if (paths.Length > 0)
        {
            _files = new ReloadedFile<Trust>(
                edge.ConnectAuthorityFile is null ? "Edge__ConnectCertificateFile" : "Edge__ConnectAuthorityFile", paths, () => Read(edge), logger);
        }
    }

    /// <param name="socket">A connection to the target.</param>
    /// <param name="target">Whose name the certificate there has to have, unless a setting says another.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AuthenticationException">One of the two does not trust the other.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<Passage> PassAsync(Socket socket, HostAndPort target, CancellationToken cancellationToken)
    {
        if (!_isOn)
            return Passage.Plain(target.ToString(), socket);
        var trust = _files?.Current;
        var secured = new SslStream(new TlsTransport(socket), leaveInnerStreamOpen: false);
        try
        {
            await secured.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = _serverName ?? target.Host,
                    ClientCertificateContext = trust?.Certificate,
                    CertificateChainPolicy = trust?.Authority,
                },
                cancellationToken);
            return new Passage(target.ToString(), secured);
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }

    private static Trust Read(EdgeOptions edge) => new(
        edge.ConnectCertificateFile is { } certificate ? PemFiles.ReadCertificate(certificate, edge.ConnectKeyFile) : null,
        edge.ConnectAuthorityFile is { } authority ? PemFiles.ReadAuthority(authority) : null);

    /// <param name="Certificate">What is shown, or null.</param>
    /// <param name="Authority">Whom to trust; null for whom the system trusts.</param>
    private sealed record Trust(SslStreamCertificateContext? Certificate, X509ChainPolicy? Authority);
}
