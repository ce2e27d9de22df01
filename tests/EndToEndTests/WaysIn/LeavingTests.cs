using System.Net;
using System.Net.Sockets;
using Ingest.TestSupport;
using Npgsql;

namespace Ingest.EndToEndTests.WaysIn;

/// <summary>Producers that do not wait for the commit that they asked to be told of, while nothing is written.</summary>
public sealed class LeavingTests(SharedServers servers) : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_request_that_is_aborted_keeps_neither_its_place_nor_its_key()
    {
        await using var pipeline = await StartAsync();
        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using (await HoldTableAsync(pipeline))
        {
            var posting = PostAsync(pipeline, ServeUnderTest.Lines(1, 2), null, impatience.Token);
            await WaitsForTableAsync(pipeline);
            Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(pipeline));
            await impatience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => posting);
            await HasPlaceAsync(pipeline);
        }

        Assert.Equal(HttpStatusCode.OK, await PostAsync(pipeline, ServeUnderTest.Lines(1, 2), null, Token));
        Assert.Equal((2, 2, 0, 0, 0), await pipeline.BalanceAsync());
    }

    [Fact]
    public async Task A_connection_that_is_reset_after_its_last_line_keeps_no_place()
    {
        await using var pipeline = await StartAsync();
        await using (await HoldTableAsync(pipeline))
        {
            using (var socket = await ServeUnderTest.ConnectAsync(new IPEndPoint(IPAddress.Loopback, pipeline.Port)))
            {
                await socket.SendAsync("Ingest-Source: s\n{\"n\":1}\n"u8.ToArray(), Token);
                socket.Shutdown(SocketShutdown.Send);
                await WaitsForTableAsync(pipeline);
                Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(pipeline));
                socket.LingerState = new LingerOption(true, 0);
            }

            await HasPlaceAsync(pipeline);
        }

        await pipeline.AllLinesAreAccountedForAsync(1);
    }

    /// <summary>With one place for all.</summary>
    private Task<PipelineUnderTest> StartAsync() => PipelineUnderTest.StartAsync(
        servers, $"acknowledge: committed\n{ServeUnderTest.Columns}", settings: ("Gateway__MaxConnectionsPerPipeline", "1"));

    /// <summary>A session that lets nothing be written until it ends.</summary>
    private static async Task<NpgsqlConnection> HoldTableAsync(PipelineUnderTest pipeline)
    {
        await Eventually.HoldsAsync(
            () => pipeline.Database.ScalarAsync<bool>("SELECT to_regclass('numbers') IS NOT NULL"),
            PipelineUnderTest.Deadline,
            () => pipeline.Writer.Describe("was to create the table"));
        var holder = new NpgsqlConnection(pipeline.Database.ConnectionString + ";Pooling=false");
        await holder.OpenAsync(Token);
        await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE numbers IN ACCESS EXCLUSIVE MODE", holder);
        await hold.ExecuteNonQueryAsync(Token);
        return holder;
    }

    /// <summary>By then the gateway has taken all that came.</summary>
    private static Task WaitsForTableAsync(PipelineUnderTest pipeline) => Eventually.HoldsAsync(
        () => pipeline.Database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"),
        PipelineUnderTest.Deadline,
        () => pipeline.Writer.Describe("was to wait for the table"));

    private async Task HasPlaceAsync(PipelineUnderTest pipeline)
    {
        HttpStatusCode? status = null;
        await Eventually.HoldsAsync(
            async () => (status = await AskAsync(pipeline)) == HttpStatusCode.UnprocessableEntity,
            PipelineUnderTest.Deadline,
            () => $"The last answer is {status}.\n{pipeline.Gateway.Describe("runs")}");
    }

    /// <summary>Sends a body that is refused at once where there is a place, and of which nothing is taken: RFC 8878, a window of 2 GiB.</summary>
    private Task<HttpStatusCode> AskAsync(PipelineUnderTest pipeline) =>
        PostAsync(pipeline, [0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, (8 << 3) | 1, 0, 0], "zstd", Token);

    private async Task<HttpStatusCode> PostAsync(PipelineUnderTest pipeline, byte[] body, string? encoding, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(pipeline.GatewayMetrics, $"/v1/pipelines/{pipeline.Name}/lines"));
        request.Content = new ByteArrayContent(body);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", "k");
        if (encoding is not null)
            request.Content.Headers.ContentEncoding.Add(encoding);
        using var response = await _client.SendAsync(request, cancellationToken);
        return response.StatusCode;
    }
}
