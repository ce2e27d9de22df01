using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ingest.Gateway.Edge;

/// <summary>Certificates in PEM (RFC 7468), as both ends of a TLS connection want them.</summary>
internal static class PemFiles
{
    /// <param name="certificate">The certificate, then those between it and its root.</param>
    /// <param name="key">Its key; null where it is in the same file.</param>
    /// <exception cref="IOException">A file cannot be read; <see cref="UnauthorizedAccessException"/> likewise.</exception>
    /// <exception cref="CryptographicException">There is no such thing in it.</exception>
    public static SslStreamCertificateContext ReadCertificate(string certificate, string? key)
    {
        using var ephemeral = X509Certificate2.CreateFromPemFile(certificate, key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificate);
        return SslStreamCertificateContext.Create(
            X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null), chain, offline: true);
    }

    /// <returns>What trusts the roots in the file, and no others.</returns>
    /// <exception cref="IOException">The file cannot be read; <see cref="UnauthorizedAccessException"/> likewise.</exception>
    /// <exception cref="CryptographicException">It holds no certificate.</exception>
    public static X509ChainPolicy ReadAuthority(string path)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(path);
        if (roots.Count == 0)
            throw new CryptographicException($"{path} holds no certificate");
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // A certificate names where its issuer's can be fetched; who has not been let in does not choose what is fetched.
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }
}
