using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ingest.EndToEndTests.WaysIn;

/// <summary>An authority of the test's own, and certificates that it gives.</summary>
internal sealed class Certificates : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly string _folder;
    private readonly X509Certificate2 _authority;

    public Certificates(string folder)
    {
        _folder = folder;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
    }

    public string AuthorityFile => Path.Combine(_folder, "authority.pem");

    public string CertificateFile => Path.Combine(_folder, "server.pem");

    public string KeyFile => Path.Combine(_folder, "server.key");

    /// <summary>The settings of a gateway that shows the server's certificate.</summary>
    public (string, string)[] Settings => [("Edge__CertificateFile", CertificateFile), ("Edge__KeyFile", KeyFile)];

    /// <summary>Puts a new server's certificate into the files.</summary>
    /// <returns>Its thumbprint.</returns>
    public string WriteServer()
    {
        using var certificate = Issue("CN=localhost", ServerAuthentication);
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return certificate.Thumbprint;
    }

    /// <summary>A client's certificate.</summary>
    public X509Certificate2 Client(string subject)
    {
        using var certificate = Issue(subject, ClientAuthentication);
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>A client's certificate in files.</summary>
    public (string CertificateFile, string KeyFile) WriteClient(string subject)
    {
        var (certificate, key) = (Path.Combine(_folder, "client.pem"), Path.Combine(_folder, "client.key"));
        using var client = Issue(subject, ClientAuthentication);
        File.WriteAllText(certificate, client.ExportCertificatePem());
        File.WriteAllText(key, client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return (certificate, key);
    }

    /// <summary>The server's certificate.</summary>
    public X509Certificate2 Server()
    {
        using var certificate = Issue("CN=localhost", ServerAuthentication);
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    public void Dispose() => _authority.Dispose();

    private X509Certificate2 Issue(string subject, string purpose)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using var issued = request.Create(_authority, DateTimeOffset.UtcNow.AddMinutes(-30), DateTimeOffset.UtcNow.AddMinutes(30), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }
}
