using System.Net;
using System.Net.Sockets;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests.WaysIn;

public sealed class OutgoingConnectionTests : IDisposable
{
    private static readonly (string, string)[] Quick = [("Gateway__ReconnectDelay", "00:00:00.020")];

    private readonly int _port = FreePort.Next();
    private readonly TcpListener _producer;

    public OutgoingConnectionTests() => _producer = new TcpListener(IPAddress.Loopback, _port);

    public void Dispose() => _producer.Dispose();

    [Fact]
    public async Task Lines_are_fetched_to_their_end_and_answered_with_a_receipt_again_and_again()
    {
        _producer.Start();
        await using var serve = await ServeUnderTest.StartAsync($"connect: 127.0.0.1:{_port}", Quick);
        for (var n = 1; n <= 2; n++)
        {
            using var socket = await AcceptAsync();
            await using var stream = new NetworkStream(socket);
            var receipt = ServeUnderTest.Receipt(await ServeUnderTest.SendAsync(stream, socket, ServeUnderTest.Lines(n)));
            Assert.Equal(("committed", $"127.0.0.1:{_port}"), (receipt.GetProperty("state").GetString(), receipt.GetProperty("source").GetString()));
        }

        Assert.Equal([1, 2], serve.Numbers());
        Assert.Equal([($"127.0.0.1:{_port}", 1), ($"127.0.0.1:{_port}", 1)], serve.Sources());
    }

    [Fact]
    public async Task A_listener_that_comes_later_is_found_and_one_that_is_away_is_said_once()
    {
        await using var serve = await ServeUnderTest.StartAsync($"connect: 127.0.0.1:{_port}", Quick);
        await serve.SaysAsync("cannot connect to 127.0.0.1");
        _producer.Start();
        using var socket = await AcceptAsync();
        await using var stream = new NetworkStream(socket);
        ServeUnderTest.Receipt(await ServeUnderTest.SendAsync(stream, socket, ServeUnderTest.Lines(1)));
        Assert.Single(serve.Process.Output.ErrorLines, line => line.Contains("cannot connect", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_listener_that_resets_its_connection_costs_nothing_but_its_receipt()
    {
        _producer.Start();
        await using var serve = await ServeUnderTest.StartAsync($"connect: 127.0.0.1:{_port}", Quick);
        using (var socket = await AcceptAsync())
        {
            await socket.SendAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
            await serve.WritesAsync(1);
            socket.LingerState = new LingerOption(true, 0);
        }

        using var next = await AcceptAsync();
        await using var stream = new NetworkStream(next);
        ServeUnderTest.Receipt(await ServeUnderTest.SendAsync(stream, next, ServeUnderTest.Lines(2)));
        Assert.Equal([1, 2], serve.Numbers());
    }

    [Fact]
    public async Task A_stopping_process_tells_how_far_it_came_and_connects_no_more()
    {
        _producer.Start();
        await using var serve = await ServeUnderTest.StartAsync($"connect: 127.0.0.1:{_port}", Quick);
        using var socket = await AcceptAsync();
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await serve.WritesAsync(1);
        var stopping = serve.Process.StopAsync(ServeUnderTest.Deadline);
        Assert.Equal("interrupted", ServeUnderTest.Receipt(await ServeUnderTest.ReadAsync(stream)).GetProperty("state").GetString());
        Assert.Equal(0, await stopping);
        Assert.False(_producer.Pending());
    }

    [Fact]
    public async Task A_killed_process_resets_the_listeners_connection()
    {
        _producer.Start();
        await using var serve = await ServeUnderTest.StartAsync($"connect: 127.0.0.1:{_port}", Quick);
        using var socket = await AcceptAsync();
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await serve.WritesAsync(1);
        serve.Process.Kill();
        await Assert.ThrowsAsync<IOException>(() => ServeUnderTest.ReadAsync(stream));
    }

    [Fact]
    public async Task What_ncat_listens_with_is_fetched()
    {
        var ncat = (await Ncat.FindOrSkipAsync()).Command(_port);
        await using var producer = ServiceProcess.StartProgram("ncat", ncat[0], ["-l", .. ncat.Skip(1)]);
        await producer.Input.WriteAsync(ServeUnderTest.Lines(1, 2, 3), TestContext.Current.CancellationToken);
        producer.Input.Close();
        await using var serve = await ServeUnderTest.StartAsync($"connect: localhost:{_port}", Quick);
        Assert.Equal(0, await producer.WaitForExitAsync(ServeUnderTest.Deadline));
        Assert.Contains("\"written\":3", Assert.Single(producer.Output.Lines), StringComparison.Ordinal);
    }

    private async Task<Socket> AcceptAsync()
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(ServeUnderTest.Deadline);
        return await _producer.AcceptSocketAsync(late.Token);
    }
}
