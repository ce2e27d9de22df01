using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests.WaysIn;

public sealed class HttpLinesTests(SharedServers servers) : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Lines_that_are_posted_are_answered_with_their_receipt_once_they_are_committed()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http());
        using var response = await PostAsync(serve.Posts, ServeUnderTest.Lines(1, 2));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([1, 2], serve.Numbers());
        var receipt = ServeUnderTest.Receipt(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("committed", 2), (receipt.GetProperty("state").GetString(), receipt.GetProperty("written").GetInt64()));
        Assert.StartsWith("127.0.0.1:", receipt.GetProperty("source").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_without_a_length_is_taken_while_it_is_sent_and_its_name_is_shown()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http());
        var body = new LiveContent();
        var posting = PostAsync(new Uri(serve.Posts, "?source=sensor"), body);
        await body.SendAsync(ServeUnderTest.Lines(1));
        await serve.WritesAsync(1);
        await body.SendAsync(ServeUnderTest.Lines(2));
        await serve.WritesAsync(1, 2);
        body.End();
        using var response = await posting;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([("sensor", 2)], serve.Sources());
    }

    [Fact]
    public async Task A_body_may_be_longer_than_kestrel_takes_by_itself()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http());
        var blank = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string(' ', 999) + "\n", 32_000)));
        using var response = await PostAsync(serve.Posts, [.. blank, .. ServeUnderTest.Lines(1)]);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([1], serve.Numbers());
    }

    [Fact]
    public async Task A_name_alone_makes_no_line_a_repetition()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http());
        for (var i = 0; i < 2; i++)
        {
            using var response = await PostAsync(serve.Posts, ServeUnderTest.Lines(1), ("Ingest-Source", "sensor"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal([1, 1], serve.Numbers());
    }

    [Fact]
    public async Task A_key_makes_the_same_body_one_that_is_written_once()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http());
        var body = ServeUnderTest.Lines(Enumerable.Range(0, 60_000).Select(n => (long)n));
        using var first = await PostAsync(serve.Posts, body, ("Idempotency-Key", "\"key 1\""));
        using var second = await PostAsync(new Uri(serve.Posts, "?idempotency_key=key%201&source=again"), body);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.Equal(60_000, serve.Numbers().Count);
        using var other = await PostAsync(serve.Posts, ServeUnderTest.Lines(-1), ("Idempotency-Key", "key 2"));
        Assert.Equal(60_001, serve.Numbers().Count);
    }

    [Fact]
    public async Task A_request_that_broke_off_is_sent_again_with_its_key_and_nothing_is_written_twice()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http());
        var body = ServeUnderTest.Lines(Enumerable.Range(0, 60_000).Select(n => (long)n));
        using var socket = await BeginPostAsync(serve.Posts, "Idempotency-Key: k", body.Length);
        await socket.SendAsync(body.AsMemory(0, 400_000), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => serve.Numbers().Count > 0, ServeUnderTest.Deadline, () => serve.Process.Describe("was to write"));
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();

        HttpStatusCode? status = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                // Until the gateway has seen the end of the first.
                using var response = await PostAsync(serve.Posts, body, ("Idempotency-Key", "k"));
                status = response.StatusCode;
                return status == HttpStatusCode.OK;
            },
            ServeUnderTest.Deadline,
            () => $"The second request was to succeed: {status}");
        Assert.Equal(60_000, serve.Numbers().Count);
        Assert.Equal([("k", 60_000)], serve.Sources());
    }

    [Fact]
    public async Task Two_requests_with_one_key_are_not_taken_at_the_same_time()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http());
        var lines = ServeUnderTest.Lines(Enumerable.Range(0, 60_000).Select(n => (long)n));
        var body = new LiveContent();
        var posting = PostAsync(serve.Posts, body, ("Idempotency-Key", "k"));
        await body.SendAsync(lines);
        await Eventually.HoldsAsync(() => serve.Numbers().Count > 0, ServeUnderTest.Deadline, () => serve.Process.Describe("was to write"));
        await ProblemAsync(await PostAsync(serve.Posts, lines, ("Idempotency-Key", "k")), HttpStatusCode.Conflict, "under way", retry: true);
        body.End();
        using var first = await posting;
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(60_000, serve.Numbers().Count);
    }

    [Fact]
    public async Task A_client_that_disconnects_half_way_leaves_a_source_that_broke_off()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http());
        using var socket = await BeginPostAsync(serve.Posts, "Ingest-Source: live", 1000);
        await socket.SendAsync("{\"n\":1}\n{\"n\":2}\n{\"n\":"u8.ToArray(), TestContext.Current.CancellationToken);
        await serve.WritesAsync(1, 2);
        socket.Dispose();
        await Eventually.HoldsAsync(() => serve.Sources().Count == 1, ServeUnderTest.Deadline, () => serve.Process.Describe("was to end the source"));
        Assert.Equal([("live", 2)], serve.Sources());
    }

    [Fact]
    public async Task A_compressed_body_is_unpacked_and_a_damaged_one_says_what_was_taken()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http());
        var zipped = Gzip(ServeUnderTest.Lines(1, 2));
        using var response = await PostAsync(serve.Posts, zipped, ("Content-Encoding", "gzip"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([1, 2], serve.Numbers());

        var many = Gzip(ServeUnderTest.Lines(Enumerable.Range(0, 100_000).Select(_ => Random.Shared.NextInt64())));
        var problem = await ProblemAsync(
            await PostAsync(serve.Posts, many[..(many.Length / 2)], ("Content-Encoding", "gzip")), HttpStatusCode.UnprocessableEntity, "decompressed");
        var lines = problem.GetProperty("lines").GetInt64();
        Assert.InRange(lines, 1, 100_000);
        // The cut tail is one of the lines, as a reject.
        Assert.Equal(lines - 1, serve.Numbers().Count - 2);

        // RFC 8878: a frame that wants a window of 2 GiB for its one line.
        byte[] wide = [0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, (8 << 3) | 1, 0, 0, .. "{\"n\":1}\n"u8];
        var refused = await ProblemAsync(
            await PostAsync(serve.Posts, wide, ("Content-Encoding", "zstd")), HttpStatusCode.UnprocessableEntity, "Gateway__MaxDecompressionWindowBytes");
        Assert.DoesNotContain("again", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);

        // The same behind a whole line, which a body without a key keeps.
        byte[] after = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 8, (8 << 3) | 1, 0, 0, .. "{\"n\":1}\n"u8, .. wide];
        foreach (var (headers, taken) in new[] { ((string, string)[])[("Idempotency-Key", "k")], [] }.Zip([0, 1]))
        {
            refused = await ProblemAsync(
                await PostAsync(serve.Posts, after, [("Content-Encoding", "zstd"), .. headers]), HttpStatusCode.UnprocessableEntity, $"its first {taken} lines were taken");
            Assert.Equal(taken, refused.GetProperty("lines").GetInt64());
        }

        using var unknown = await PostAsync(serve.Posts, zipped, ("Content-Encoding", "compress"));
        Assert.Contains("gzip", unknown.Headers.GetValues("Accept-Encoding").Single(), StringComparison.Ordinal);
        await ProblemAsync(unknown, HttpStatusCode.UnsupportedMediaType, "Content-Encoding");
    }

    [Fact]
    public async Task What_cannot_be_taken_is_said_with_its_reason()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http(), ("Gateway__MaxConnectionsPerPipeline", "1"));
        await ProblemAsync(
            await PostAsync(new Uri(serve.Posts, "/v1/pipelines/nubmers/lines"), []), HttpStatusCode.NotFound, "There is no pipeline 'nubmers'; did you mean 'numbers'?");
        await ProblemAsync(await PostAsync(new Uri(serve.Posts, "?source="), []), HttpStatusCode.BadRequest, "source name");
        await ProblemAsync(await PostAsync(serve.Posts, [], ("Idempotency-Key", new string('k', 300))), HttpStatusCode.BadRequest, "idempotency key");
        using var get = await _client.GetAsync(serve.Posts, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);

        var body = new LiveContent();
        var posting = PostAsync(serve.Posts, body);
        await body.SendAsync(ServeUnderTest.Lines(1));
        await serve.WritesAsync(1);
        await ProblemAsync(await PostAsync(serve.Posts, []), HttpStatusCode.TooManyRequests, "Gateway__MaxConnectionsPerPipeline", retry: true);
        body.End();
        Assert.Equal(HttpStatusCode.OK, (await posting).StatusCode);
        using var again = await PostAsync(serve.Posts, []);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task Producers_that_have_all_requests_leave_health_probes_theirs()
    {
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, ServeUnderTest.Columns, settings: ("Gateway__MaxHttpConnections", "2"));
        var posts = new Uri(pipeline.GatewayMetrics, $"/v1/pipelines/{pipeline.Name}/lines");
        using var first = await AdmittedPostAsync(posts, "a");
        using var second = await AdmittedPostAsync(posts, "b");
        await ProblemAsync(await PostAsync(posts, []), HttpStatusCode.TooManyRequests, "Gateway__MaxHttpConnections", retry: true);
        foreach (var probe in new[] { "/health/live", "/metrics" })
        {
            using var answer = await _client.GetAsync(new Uri(posts, probe), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_stopping_process_says_what_was_taken()
    {
        await using var serve = await ServeUnderTest.StartAsync("", ServeUnderTest.Http());
        using var socket = await BeginPostAsync(serve.Posts, "Ingest-Source: live", 1000);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync("{\"n\":1}\n{\"n\":2}\n{\"n\":"u8.ToArray(), TestContext.Current.CancellationToken);
        await serve.WritesAsync(1, 2);
        var stopping = serve.Process.StopAsync(ServeUnderTest.Deadline);
        var response = (await ServeUnderTest.ReadAsync(stream)).Split("\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 ", response[0], StringComparison.Ordinal);
        Assert.Contains("\r\nRetry-After: ", response[0], StringComparison.Ordinal);
        var problem = JsonDocument.Parse(response[1]).RootElement;
        Assert.Contains("send what follows these bytes again", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal((2, 16), (problem.GetProperty("lines").GetInt64(), problem.GetProperty("bytes").GetInt64()));
        Assert.Equal(0, await stopping);
        Assert.Equal([1, 2], serve.Numbers());
    }

    [Fact]
    public async Task Over_https_the_certificate_is_that_of_kestrels_own_configuration()
    {
        var folder = TestRun.CreateFolder("https");
        using var certificates = new Certificates(folder);
        var thumbprint = certificates.WriteServer();
        await using var serve = await ServeUnderTest.StartAsync(
            folder,
            "",
            ("ASPNETCORE_URLS", $"https://127.0.0.1:{FreePort.Next()}"),
            ("Kestrel__Certificates__Default__Path", certificates.CertificateFile),
            ("Kestrel__Certificates__Default__KeyPath", certificates.KeyFile));
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown?.Thumbprint == thumbprint };
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20 };
        using var response = await client.PostAsync(serve.Posts, new ByteArrayContent(ServeUnderTest.Lines(Enumerable.Range(0, 50_000).Select(n => (long)n))), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (response.StatusCode, response.Version));
        Assert.Equal(50_000, serve.Numbers().Count);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("https://127.0.0.1:0")]
    public async Task An_address_that_cannot_be_listened_on_is_one_sentence(string url)
    {
        var (exitCode, error) = await ServeUnderTest.FailAsync(TestRun.CreateFolder("serve"), "", ("ASPNETCORE_URLS", url));
        Assert.Equal(78, exitCode);
        Assert.StartsWith("HTTP cannot listen: ", Assert.Single(error.Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Beyond_loopback_nothing_is_taken_without_a_token_unless_that_is_said()
    {
        Assert.SkipWhen(OtherAddress() is null, "This machine has no address but loopback.");
        var (address, port) = (OtherAddress()!, FreePort.Next());
        var url = ("ASPNETCORE_URLS", $"http://{address}:{port}");
        await using (var serve = await ServeUnderTest.StartAsync("", url))
            await ProblemAsync(await PostAsync(serve.Posts, ServeUnderTest.Lines(1)), HttpStatusCode.Forbidden, "Edge__TokensFile");
        await using var open = await ServeUnderTest.StartAsync("", url, ("Edge__OpenHttp", "true"));
        using var response = await PostAsync(open.Posts, ServeUnderTest.Lines(1));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_gateway_answers_when_the_lines_are_queued_and_says_when_the_broker_is_away()
    {
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, ServeUnderTest.Columns, broker);
        var posts = new Uri(pipeline.GatewayMetrics, $"/v1/pipelines/{pipeline.Name}/lines");
        using var response = await PostAsync(posts, ServeUnderTest.Lines(1, 2));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("queued", ServeUnderTest.Receipt(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("state").GetString());
        await pipeline.AllLinesAreAccountedForAsync(2);

        await broker.KillAsync();
        var waiting = PostAsync(posts, ServeUnderTest.Lines(3));
        await pipeline.Gateway.WaitForLineAsync(line => line.Contains("sending to", StringComparison.Ordinal), PipelineUnderTest.Deadline);
        await ProblemAsync(await PostAsync(posts, ServeUnderTest.Lines(4)), HttpStatusCode.ServiceUnavailable, "nothing was taken", retry: true);
        await broker.RestartAsync();
        using var late = await waiting;
        Assert.Equal(HttpStatusCode.Accepted, late.StatusCode);
        await pipeline.AllLinesAreAccountedForAsync(3, sources: 2);
    }

    [Fact]
    public async Task A_gateway_says_of_a_repeated_body_too_that_it_is_committed()
    {
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, $"acknowledge: committed\n{ServeUnderTest.Columns}");
        var posts = new Uri(pipeline.GatewayMetrics, $"/v1/pipelines/{pipeline.Name}/lines");
        for (var i = 0; i < 2; i++)
        {
            using var response = await PostAsync(posts, ServeUnderTest.Lines(1, 2), ("Idempotency-Key", "k"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(2, await pipeline.LinesAsync());
        }
    }

    private Task<HttpResponseMessage> PostAsync(Uri uri, byte[] body, params (string Name, string Value)[] headers) =>
        PostAsync(uri, new ByteArrayContent(body), headers);

    private async Task<HttpResponseMessage> PostAsync(Uri uri, HttpContent body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, uri) { Content = body };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                body.Headers.TryAddWithoutValidation(name, value);
        }

        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(PipelineUnderTest.Deadline);
        return await _client.SendAsync(request, late.Token);
    }

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string detail, bool retry = false)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal((status, text), (response.StatusCode, text));
            Assert.Equal(new MediaTypeHeaderValue("application/problem+json"), response.Content.Headers.ContentType);
            var problem = JsonDocument.Parse(text).RootElement;
            Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
            Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.Equal(retry, response.Headers.RetryAfter is not null);
            return problem;
        }
    }

    private static async Task<Socket> BeginPostAsync(Uri uri, string header, int length)
    {
        var socket = await ServeUnderTest.ConnectAsync(new IPEndPoint(IPAddress.Loopback, uri.Port));
        await socket.SendAsync(
            Encoding.ASCII.GetBytes($"POST {uri.PathAndQuery} HTTP/1.1\r\nHost: x\r\n{header}\r\nContent-Length: {length}\r\n\r\n"), TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>A request that is under way for certain: its body is waited for.</summary>
    private static async Task<Socket> AdmittedPostAsync(Uri uri, string source)
    {
        var socket = await BeginPostAsync(uri, $"Ingest-Source: {source}\r\nExpect: 100-continue", 1000);
        await using var stream = new NetworkStream(socket);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(ServeUnderTest.Deadline);
        var answer = new byte["HTTP/1.1 100 Continue\r\n\r\n".Length];
        await stream.ReadExactlyAsync(answer, late.Token);
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", Encoding.ASCII.GetString(answer));
        return socket;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return zipped.ToArray();
    }

    private static IPAddress? OtherAddress() => Dns.GetHostAddresses(Dns.GetHostName())
        .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
}
