using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests.WaysIn;

/// <summary>Lines fetched over TLS from listeners of the test's own.</summary>
public sealed class OutgoingTlsTests : IDisposable
{
    /// <summary>Connections come before the test takes them, and only the first reason is said.</summary>
    private static readonly (string, string) Patient = ("Gateway__ConnectTimeout", "00:01:00");
    private static readonly (string, string) Quick = ("Gateway__ReconnectDelay", "00:00:00.020");

    private readonly string _folder = TestRun.CreateFolder("outgoing-tls");
    private readonly TcpListener _producer = new(IPAddress.Loopback, 0);
    private readonly Certificates _certificates;
    private readonly X509Certificate2 _server;
    private readonly List<IDisposable> _open = [];

    public OutgoingTlsTests()
    {
        _certificates = new Certificates(_folder);
        _server = _certificates.Server();
        _producer.Start();
    }

    private int Port => ((IPEndPoint)_producer.LocalEndpoint).Port;

    public void Dispose()
    {
        _open.ForEach(o => o.Dispose());
        _producer.Dispose();
        _server.Dispose();
        _certificates.Dispose();
    }

    [Fact]
    public async Task A_listener_whose_authority_is_known_is_fetched_from_and_shown_the_certificate()
    {
        var (certificate, key) = _certificates.WriteClient("CN=gateway");
        await using var serve = await StartAsync(
            "localhost", Authority, ("Edge__ConnectCertificateFile", certificate), ("Edge__ConnectKeyFile", key));
        var tls = await AcceptAsync(asksCertificate: true);
        Assert.Equal("CN=gateway", tls.RemoteCertificate!.Subject);
        await tls.WriteAsync(ServeUnderTest.Lines(1, 2), TestContext.Current.CancellationToken);
        await tls.ShutdownAsync();
        var receipt = ServeUnderTest.Receipt(await ServeUnderTest.ReadAsync(tls));
        Assert.Equal(("committed", $"localhost:{Port}"), (receipt.GetProperty("state").GetString(), receipt.GetProperty("source").GetString()));
        Assert.Equal([1, 2], serve.Numbers());
    }

    [Fact]
    public async Task A_listener_that_is_not_known_gets_no_connection_and_is_said_once()
    {
        await using var serve = await StartAsync("localhost", ("Edge__ConnectTls", "true"));
        for (var time = 0; time < 3; time++)
            await Assert.ThrowsAnyAsync<Exception>(ReadFromAcceptedAsync);
        await serve.SaysAsync($"cannot connect to localhost:{Port}, trying again: TLS: ");
        Assert.Single(serve.Process.Output.ErrorLines, line => line.Contains("cannot connect", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_certificate_has_to_have_the_name_of_the_host_or_that_of_the_setting()
    {
        await using (var other = await StartAsync("127.0.0.1", Authority))
        {
            await Assert.ThrowsAnyAsync<Exception>(ReadFromAcceptedAsync);
            await other.SaysAsync("trying again: TLS: ");
        }

        await using var serve = await StartAsync("127.0.0.1", Authority, ("Edge__ConnectServerName", "localhost"));
        var tls = await AcceptUntilTrustedAsync();
        await tls.WriteAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await tls.ShutdownAsync();
        ServeUnderTest.Receipt(await ServeUnderTest.ReadAsync(tls));
        Assert.Equal([1], serve.Numbers());
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_no_end_of_its_lines()
    {
        await using var serve = await StartAsync("localhost", Authority);
        var tls = await AcceptAsync();
        await tls.WriteAsync("{\"n\":1}\n{\"n\":2}"u8.ToArray(), TestContext.Current.CancellationToken);
        await serve.WritesAsync(1);
        _open.OfType<Socket>().Last().Shutdown(SocketShutdown.Send);
        await Assert.ThrowsAnyAsync<IOException>(() => ServeUnderTest.ReadAsync(tls));
        Assert.Equal([1], serve.Numbers());
    }

    [Fact]
    public async Task What_is_missing_is_said_at_start()
    {
        var connect = $"connect: localhost:{Port}";
        var (exitCode, error) = await ServeUnderTest.FailAsync(_folder, connect, ("Edge__ConnectAuthorityFile", "/nowhere/ca.pem"));
        Assert.Equal(78, exitCode);
        Assert.Contains("Edge__ConnectAuthorityFile: /nowhere/ca.pem cannot be used", error, StringComparison.Ordinal);
        (exitCode, error) = await ServeUnderTest.FailAsync(_folder, connect, ("Edge__ConnectKeyFile", _certificates.KeyFile));
        Assert.Equal(78, exitCode);
        Assert.Contains("needs Edge__ConnectCertificateFile", error, StringComparison.Ordinal);
    }

    private (string, string) Authority => ("Edge__ConnectAuthorityFile", _certificates.AuthorityFile);

    private Task<ServeUnderTest> StartAsync(string host, params (string, string)[] settings) =>
        ServeUnderTest.StartAsync(_folder, $"connect: {host}:{Port}", [Quick, Patient, .. settings]);

    private async Task<SslStream> AcceptAsync(bool asksCertificate = false)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(ServeUnderTest.Deadline);
        var socket = await _producer.AcceptSocketAsync(late.Token);
        _open.Add(socket);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        _open.Add(tls);
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = _server,
                ClientCertificateRequired = asksCertificate,
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null || !asksCertificate,
            },
            late.Token);
        return tls;
    }

    /// <summary>Connections of the process before may still be there.</summary>
    private async Task<SslStream> AcceptUntilTrustedAsync()
    {
        SslStream? trusted = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                trusted = await AcceptAsync();
                return true;
            },
            ServeUnderTest.Deadline,
            () => "The listener was to be trusted.");
        return trusted!;
    }

    /// <summary>In TLS 1.3 a listener hears only when it reads that it is not trusted.</summary>
    private async Task ReadFromAcceptedAsync()
    {
        var tls = await AcceptAsync();
        if (await tls.ReadAsync(new byte[1], TestContext.Current.CancellationToken) == 0)
            throw new IOException("it was closed");
    }
}
