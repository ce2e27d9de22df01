using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using Ingest.Gateway.Edge;
using Ingest.ServiceDefaults;

namespace Ingest.Cli.Send;

/// <summary>Where lines are sent, and what is shown there.</summary>
/// <param name="EndPoint">Host and port.</param>
/// <param name="Token">Secret; null where none is asked for.</param>
/// <param name="Tls">Null where the bytes go as they are.</param>
internal sealed record Destination(DnsEndPoint EndPoint, string? Token, SslClientAuthenticationOptions? Tls)
{
    /// <exception cref="StartupException">Something that the settings name is missing or of no use.</exception>
    public static Destination Read(SendSettings settings)
    {
        var endPoint = Parse(settings.To);
        if (settings.CertificateFile is null != settings.KeyFile is null)
            throw new StartupException("--tls-cert and --tls-key belong together.", ExitCodes.Usage);
        var token = settings.TokenFile is { } path ? Use("--token-file", path, () => ReadToken(path)) : null;
        return new Destination(endPoint, token, ReadTls(endPoint.Host, settings));
    }

    private static DnsEndPoint Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 1
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is < 1 or > IPEndPoint.MaxPort)
        {
            throw new StartupException($"--to takes HOST:PORT, not '{text}'.", ExitCodes.Usage);
        }

        return new DnsEndPoint(text[..colon].Trim('[', ']'), port);
    }

    private static string ReadToken(string path) =>
        File.ReadLines(path).Select(line => line.Trim()).FirstOrDefault(line => line is not ("" or ['#', ..]))
        ?? throw new InvalidDataException("it holds no token");

    private static SslClientAuthenticationOptions? ReadTls(string host, SendSettings settings)
    {
        if (!settings.Tls && settings.AuthorityFile is null && settings.CertificateFile is null)
            return null;
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (settings.CertificateFile is { } certificate)
            options.ClientCertificateContext = Use("--tls-cert", certificate, () => PemFiles.ReadCertificate(certificate, settings.KeyFile));
        if (settings.AuthorityFile is { } authority)
            options.CertificateChainPolicy = Use("--tls-ca", authority, () => PemFiles.ReadAuthority(authority));
        return options;
    }

    private static T Use<T>(string option, string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException or CryptographicException)
        {
            throw new StartupException($"{option}: {path} cannot be used: {fault.Message}");
        }
    }
}
