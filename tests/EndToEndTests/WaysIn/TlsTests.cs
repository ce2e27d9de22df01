using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests.WaysIn;

public sealed class TlsTests : IDisposable
{
    private readonly string _folder = TestRun.CreateFolder("tls");
    private readonly int _port = FreePort.Next();
    private readonly Certificates _certificates;
    private readonly List<IDisposable> _open = [];

    public TlsTests()
    {
        _certificates = new Certificates(_folder);
        _certificates.WriteServer();
    }

    public void Dispose()
    {
        _open.ForEach(o => o.Dispose());
        _certificates.Dispose();
    }

    [Fact]
    public async Task A_producer_over_tls_gets_its_receipt_and_tlss_own_end()
    {
        await using var serve = await StartAsync(_certificates.Settings);
        var tls = await ConnectAsync();
        await tls.WriteAsync(ServeUnderTest.Lines(Enumerable.Range(1, 50_000).Select(n => (long)n)), TestContext.Current.CancellationToken);
        await tls.ShutdownAsync();
        var receipt = ServeUnderTest.Receipt(await ServeUnderTest.ReadAsync(tls));
        Assert.Equal(("committed", 50_000), (receipt.GetProperty("state").GetString(), receipt.GetProperty("written").GetInt64()));
        Assert.StartsWith("127.0.0.1:", receipt.GetProperty("source").GetString(), StringComparison.Ordinal);
        Assert.Equal(50_000, serve.Numbers().Count);
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_no_end_of_its_lines()
    {
        await using var serve = await StartAsync(_certificates.Settings);
        var (socket, tls) = await ConnectBothAsync();
        await tls.WriteAsync("{\"n\":1}\n{\"n\":2}"u8.ToArray(), TestContext.Current.CancellationToken);
        await serve.WritesAsync(1);

        // Without the closing alert, as somebody in between would do it.
        socket.Shutdown(SocketShutdown.Send);
        await Assert.ThrowsAnyAsync<IOException>(() => ServeUnderTest.ReadAsync(tls));
        Assert.Equal(1, (await EndedAsync(serve)).Lines);
        Assert.Equal([1], serve.Numbers());
    }

    [Fact]
    public async Task A_stopping_process_tells_an_open_producer_over_tls_how_far_it_came()
    {
        await using var serve = await StartAsync(_certificates.Settings);
        var tls = await ConnectAsync();
        await tls.WriteAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await serve.WritesAsync(1);
        var stopping = serve.Process.StopAsync(ServeUnderTest.Deadline);
        Assert.Equal("interrupted", ServeUnderTest.Receipt(await ServeUnderTest.ReadAsync(tls)).GetProperty("state").GetString());
        Assert.Equal(0, await stopping);
    }

    [Fact]
    public async Task A_producer_without_tls_is_refused()
    {
        await using var serve = await StartAsync(_certificates.Settings);
        using var socket = await ServeUnderTest.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await serve.SaysAsync("was reset: TLS:");
        Assert.Empty(serve.Numbers());
    }

    [Fact]
    public async Task With_an_authority_a_producer_is_known_by_its_certificate()
    {
        await using var serve = await StartAsync([.. _certificates.Settings, ("Edge__ClientAuthorityFile", _certificates.AuthorityFile)]);
        using var certificate = _certificates.Client("CN=sensor 7");
        var tls = await ConnectAsync(certificate);
        await tls.WriteAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await tls.ShutdownAsync();
        Assert.Equal("CN=sensor 7", ServeUnderTest.Receipt(await ServeUnderTest.ReadAsync(tls)).GetProperty("source").GetString());
    }

    [Fact]
    public async Task With_an_authority_nobody_else_gets_in()
    {
        await using var serve = await StartAsync([.. _certificates.Settings, ("Edge__ClientAuthorityFile", _certificates.AuthorityFile)]);
        using var others = new Certificates(TestRun.CreateFolder("others"));
        using var stranger = others.Client("CN=sensor 7");
        foreach (var certificate in new[] { null, stranger })
        {
            // In TLS 1.3 a client hears of it only once it reads.
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                var tls = await ConnectAsync(certificate);
                await tls.WriteAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
                await tls.ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken);
            });
        }

        Assert.Empty(serve.Numbers());
    }

    [Fact]
    public async Task A_new_certificate_is_shown_without_a_restart_and_a_bad_one_is_not()
    {
        await using var serve = await StartAsync(_certificates.Settings);
        var (before, old) = (await ConnectAsync(), Thumbprint(await ConnectAsync()));
        var renewed = _certificates.WriteServer();
        Assert.NotEqual(old, renewed);
        Assert.Equal(renewed, Thumbprint(await ConnectAsync()));

        await File.WriteAllTextAsync(_certificates.KeyFile, "no key", TestContext.Current.CancellationToken);
        Assert.Equal(renewed, Thumbprint(await ConnectAsync()));
        await serve.SaysAsync("what it said before still holds");

        // A connection lives on with what it began with.
        await before.WriteAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await serve.WritesAsync(1);
    }

    [Fact]
    public async Task What_is_missing_is_said_at_start()
    {
        var (exitCode, error) = await ServeUnderTest.FailAsync(_folder, $"listen: {_port}", ("Edge__CertificateFile", "/nowhere/server.pem"));
        Assert.Equal(78, exitCode);
        Assert.Contains("Edge__CertificateFile: /nowhere/server.pem cannot be used", error, StringComparison.Ordinal);
        (exitCode, error) = await ServeUnderTest.FailAsync(_folder, $"listen: {_port}", ("Edge__ClientAuthorityFile", _certificates.AuthorityFile));
        Assert.Equal(78, exitCode);
        Assert.Contains("need Edge__CertificateFile", error, StringComparison.Ordinal);
    }

    private Task<ServeUnderTest> StartAsync((string, string)[] settings) => ServeUnderTest.StartAsync(_folder, $"listen: {_port}", settings);

    private async Task<SslStream> ConnectAsync(X509Certificate2? certificate = null) => (await ConnectBothAsync(certificate)).Tls;

    private async Task<(Socket Socket, SslStream Tls)> ConnectBothAsync(X509Certificate2? certificate = null)
    {
        var socket = await ServeUnderTest.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
        _open.Add(socket);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        _open.Add(tls);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ClientCertificates = certificate is null ? null : [certificate],
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(_certificates.AuthorityFile) },
                },
            },
            TestContext.Current.CancellationToken);
        return (socket, tls);
    }

    private static string Thumbprint(SslStream tls) => ((X509Certificate2)tls.RemoteCertificate!).Thumbprint;

    private static async Task<(string Source, long Lines)> EndedAsync(ServeUnderTest serve)
    {
        await Eventually.HoldsAsync(() => serve.Sources().Count == 1, ServeUnderTest.Deadline, () => serve.Process.Describe("was to end the source"));
        return serve.Sources()[0];
    }
}
