using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests.WaysIn;

/// <summary>Tokens, addresses, limits and the PROXY protocol.</summary>
public sealed class EdgeTests
{
    private readonly string _folder = TestRun.CreateFolder("edge");
    private readonly int _port = FreePort.Next();

    [Fact]
    public async Task With_tokens_a_connection_begins_with_one_and_it_is_no_line()
    {
        var tokens = WriteTokens("# for tests\nfirst-secret\n\n second-secret \n");
        await using var serve = await StartAsync(("Edge__TokensFile", tokens));
        foreach (var (line, n) in new[] { ("Bearer first-secret\n", 1L), ("bearer second-secret\r\n", 2L) })
        {
            var receipt = ServeUnderTest.Receipt(await SendAsync([.. Encoding.ASCII.GetBytes(line), .. ServeUnderTest.Lines(n)]));
            Assert.Equal((1, 8), (receipt.GetProperty("lines").GetInt64(), receipt.GetProperty("bytes").GetInt64()));
        }

        Assert.Equal([1, 2], serve.Numbers());
        foreach (var wrong in new[] { "Bearer first-secre\n", "Bearer first-secret2\n", "Bearer \n", "Bearer # for tests\n", "first-secret\n", "{\"n\":3}\n" })
            await IsResetAsync([.. Encoding.ASCII.GetBytes(wrong), .. ServeUnderTest.Lines(3)]);
        Assert.Equal([1, 2], serve.Numbers());

        // Another file, another token; nothing has to be started again.
        WriteTokens("third-secret");
        await IsResetAsync([.. "Bearer first-secret\n"u8, .. ServeUnderTest.Lines(4)]);
        ServeUnderTest.Receipt(await SendAsync([.. "Bearer third-secret\n"u8, .. ServeUnderTest.Lines(5)]));
        Assert.DoesNotContain("secret", serve.Process.Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_right_token_a_connection_is_told_why_before_it_is_reset()
    {
        await using var serve = await StartAsync(("Edge__TokensFile", WriteTokens("secret")));
        List<string> told = [];
        foreach (var begin in new[] { "Bearer secre\n", "{\"n\":1}\n", new string('x', 2000) })
        {
            using var socket = await ConnectAsync();
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(begin), TestContext.Current.CancellationToken);
            using var reader = new StreamReader(stream);
            var line = await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(ServeUnderTest.Deadline, TestContext.Current.CancellationToken);
            var refusal = ServeUnderTest.Receipt(line + "\n");
            Assert.Equal(("refused", 0), (refusal.GetProperty("state").GetString(), refusal.GetProperty("lines").GetInt64()));
            told.Add(refusal.GetProperty("error").GetString()!);
            await Assert.ThrowsAsync<IOException>(() => ServeUnderTest.ReadAsync(stream));
        }

        Assert.Single(told.Distinct());
        Assert.Empty(serve.Numbers());
    }

    [Fact]
    public async Task With_tokens_a_post_shows_one_too()
    {
        await using var serve = await StartAsync(("Edge__TokensFile", WriteTokens("first-secret")), ServeUnderTest.Http());
        using var client = new HttpClient();
        foreach (var (authorization, status) in new (AuthenticationHeaderValue?, HttpStatusCode)[]
        {
            (null, HttpStatusCode.Unauthorized),
            (new("Bearer", "wrong"), HttpStatusCode.Unauthorized),
            (new("Basic", "first-secret"), HttpStatusCode.Unauthorized),
            (new("Bearer", "first-secret"), HttpStatusCode.OK),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, serve.Posts) { Content = new ByteArrayContent(ServeUnderTest.Lines(1)) };
            request.Headers.Authorization = authorization;
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(status, response.StatusCode);
            Assert.Equal(status == HttpStatusCode.Unauthorized, response.Headers.WwwAuthenticate.ToString() == "Bearer");
        }

        Assert.Equal([1], serve.Numbers());
        Assert.DoesNotContain("secret", serve.Process.Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_tokens_is_said_at_start()
    {
        var (exitCode, error) = await ServeUnderTest.FailAsync(_folder, $"listen: {_port}", ("Edge__TokensFile", WriteTokens("# none\n")));
        Assert.Equal(78, exitCode);
        Assert.Contains("it holds no token; write one a line", error, StringComparison.Ordinal);
        (exitCode, error) = await ServeUnderTest.FailAsync(_folder, $"listen: {_port}", ("Edge__AllowedAddresses__0", "10.0.0.0/33"));
        Assert.Equal(78, exitCode);
        Assert.Contains("'10.0.0.0/33' is neither an address nor a network", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_that_are_not_listed_get_in_nowhere()
    {
        await using var serve = await StartAsync(("Edge__AllowedAddresses__0", "127.0.0.2"), ServeUnderTest.Http());
        await IsResetAsync(ServeUnderTest.Lines(1));
        await serve.SaysAsync("127.0.0.1 may not send lines (Edge__AllowedAddresses)");
        using var client = new HttpClient();
        using var response = await client.PostAsync(serve.Posts, new ByteArrayContent(ServeUnderTest.Lines(1)), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Empty(serve.Numbers());
        ServeUnderTest.Receipt(await SendAsync(ServeUnderTest.Lines(2), IPAddress.Parse("127.0.0.2")));
    }

    [Fact]
    public async Task One_address_takes_its_share_of_the_connections_and_no_more()
    {
        await using var serve = await StartAsync(("Edge__MaxConnectionsPerAddress", "1"), ServeUnderTest.Http());
        using (var first = await ConnectAsync())
        {
            await first.SendAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
            await serve.WritesAsync(1);
            await IsResetAsync(ServeUnderTest.Lines(2));
            using var client = new HttpClient();
            using var response = await client.PostAsync(serve.Posts, new ByteArrayContent(ServeUnderTest.Lines(2)), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
            ServeUnderTest.Receipt(await SendAsync(ServeUnderTest.Lines(3), IPAddress.Parse("127.0.0.2")));
            await using var stream = new NetworkStream(first);
            first.Shutdown(SocketShutdown.Send);
            ServeUnderTest.Receipt(await ServeUnderTest.ReadAsync(stream));
        }

        // The place is free a moment after the receipt.
        await Eventually.HoldsAsync(
            async () => (await SendAsync(ServeUnderTest.Lines(4))).Length > 0, ServeUnderTest.Deadline, () => serve.Process.Describe("was to take the next"));
        Assert.Equal([1, 3, 4], serve.Numbers());
    }

    [Fact]
    public async Task Behind_a_proxy_a_source_is_called_and_judged_by_its_client()
    {
        await using var serve = await StartAsync(
            ("Edge__ProxyProtocol", "true"), ("Edge__AllowedAddresses__0", "192.0.2.0/24"), ("Edge__AllowedAddresses__1", "127.0.0.1"));
        Assert.Equal("192.0.2.7:4711", await SourceAsync([.. Proxied("192.0.2.7", 4711), .. ServeUnderTest.Lines(1)]));
        Assert.StartsWith("127.0.0.1:", await SourceAsync([.. Proxied(null, 0), .. ServeUnderTest.Lines(2)]), StringComparison.Ordinal);
        await IsResetAsync([.. Proxied("198.51.100.1", 4711), .. ServeUnderTest.Lines(3)]);
        await serve.SaysAsync("198.51.100.1 may not send lines");
        await IsResetAsync(ServeUnderTest.Lines(4, 5, 6));
        await serve.SaysAsync("does not begin with a PROXY protocol header");
        Assert.Equal([1, 2], serve.Numbers());
    }

    [Fact]
    public async Task Only_the_proxies_that_are_named_may_name_a_client()
    {
        await using var serve = await StartAsync(("Edge__ProxyProtocol", "true"), ("Edge__ProxyAddresses__0", "127.0.0.1"));
        Assert.Equal("192.0.2.7:4711", await SourceAsync([.. Proxied("192.0.2.7", 4711), .. ServeUnderTest.Lines(1)]));
        await IsResetAsync([.. Proxied("192.0.2.7", 4711), .. ServeUnderTest.Lines(2)], IPAddress.Parse("127.0.0.2"));
        await serve.SaysAsync("127.0.0.2 is none of the proxies");
        Assert.Equal([1], serve.Numbers());
    }

    [Fact]
    public async Task Who_does_not_show_in_time_that_it_may_send_is_reset()
    {
        await using var serve = await StartAsync(("Edge__TokensFile", WriteTokens("secret")), ("Edge__HandshakeTimeout", "00:00:02"));
        using var socket = await ConnectAsync();
        await socket.SendAsync("Bearer "u8.ToArray(), TestContext.Current.CancellationToken);
        await using var stream = new NetworkStream(socket);
        await Assert.ThrowsAsync<IOException>(() => ServeUnderTest.ReadAsync(stream));
        await serve.SaysAsync("Edge__HandshakeTimeout");
    }

    [Fact]
    public async Task A_silent_producer_is_told_how_far_it_came_where_silence_has_a_limit()
    {
        await using var serve = await StartAsync(("Gateway__IdleTimeout", "00:00:03"));
        using var socket = await ConnectAsync();
        await socket.SendAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await using var stream = new NetworkStream(socket);
        var receipt = ServeUnderTest.Receipt(await ServeUnderTest.ReadAsync(stream));
        Assert.Equal(("interrupted", 1), (receipt.GetProperty("state").GetString(), receipt.GetProperty("lines").GetInt64()));
        Assert.Contains("Gateway__IdleTimeout", receipt.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    private Task<ServeUnderTest> StartAsync(params (string, string)[] settings) => ServeUnderTest.StartAsync(_folder, $"listen: {_port}", settings);

    private string WriteTokens(string text)
    {
        var path = Path.Combine(_folder, "tokens");
        File.WriteAllText(path, text);
        return path;
    }

    private async Task<Socket> ConnectAsync(IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from ?? IPAddress.Loopback, 0));
        await socket.ConnectAsync(IPAddress.Loopback, _port, TestContext.Current.CancellationToken);
        return socket;
    }

    private async Task<string> SendAsync(byte[] bytes, IPAddress? from = null)
    {
        using var socket = await ConnectAsync(from);
        await using var stream = new NetworkStream(socket);
        return await ServeUnderTest.SendAsync(stream, socket, bytes);
    }

    private async Task<string?> SourceAsync(byte[] bytes) => ServeUnderTest.Receipt(await SendAsync(bytes)).GetProperty("source").GetString();

    private async Task IsResetAsync(byte[] bytes, IPAddress? from = null) =>
        Assert.True(await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(bytes, from)) is IOException or SocketException);

    /// <summary>A header of the PROXY protocol with a TLV; without a client the proxy's own (LOCAL).</summary>
    private static byte[] Proxied(string? client, ushort port)
    {
        byte[] addresses = client is null ? [] : [.. IPAddress.Parse(client).GetAddressBytes(), 127, 0, 0, 1, 0, 0, 0, 0];
        if (client is not null)
            BinaryPrimitives.WriteUInt16BigEndian(addresses.AsSpan(8), port);
        byte[] rest = [.. addresses, 0x04, 0, 3, 1, 2, 3];
        return [.. "\r\n\r\n\0\r\nQUIT\n"u8, client is null ? (byte)0x20 : (byte)0x21, client is null ? (byte)0 : (byte)0x11, 0, (byte)rest.Length, .. rest];
    }
}
