using System.Net;
using System.Net.Sockets;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests.WaysIn;

/// <summary>Producers of every temper on one port: none slows or closes another.</summary>
public sealed class ManyProducersTests
{
    private const int Crowd = 1_500;
    private const int EndlessMegabytes = 1_000;
    private const long MiB = 1024 * 1024;

    private readonly int _port = FreePort.Next();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_of_many_open_producers_gets_its_lines_written_and_its_receipt()
    {
        await using var serve = await ServeUnderTest.StartAsync($"listen: {_port}");
        var sockets = await Task.WhenAll(Enumerable.Range(0, Crowd).Select(_ => ConnectAsync()));
        for (var line = 0; line < 2; line++)
        {
            for (var i = 0; i < Crowd; i++)
                await sockets[i].SendAsync(ServeUnderTest.Lines((line * Crowd) + i), Token);
            var written = (line + 1) * Crowd;
            await Eventually.HoldsAsync(() => serve.Numbers().Count == written, ServeUnderTest.Deadline, () => serve.Process.Describe("writes"));
        }

        Assert.Equal(Enumerable.Range(0, 2 * Crowd).Select(n => (long)n), serve.Numbers());
        var receipts = await Task.WhenAll(sockets.Select(async socket =>
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            return ServeUnderTest.Receipt(await ServeUnderTest.SendAsync(stream, socket, default));
        }));
        Assert.All(receipts, receipt => Assert.Equal(("committed", 2, 2), (
            receipt.GetProperty("state").GetString(), receipt.GetProperty("lines").GetInt64(), receipt.GetProperty("written").GetInt64())));
        Assert.Equal(Crowd, serve.Sources().Count);
    }

    [Fact]
    public async Task Producers_that_drip_flood_or_hang_up_cost_nobody_else_anything()
    {
        await using var serve = await ServeUnderTest.StartAsync($"listen: {_port}");
        using var drips = await ConnectAsync();
        await drips.SendAsync(ServeUnderTest.Lines(1).AsMemory(0, 3), Token);
        using var floods = await ConnectAsync();
        var flooding = FloodAsync(floods);
        using var neverReads = await ConnectAsync();
        await neverReads.SendAsync(ServeUnderTest.Lines(2), Token);
        neverReads.Shutdown(SocketShutdown.Send);
        using (var hangsUp = await ConnectAsync())
        {
            await hangsUp.SendAsync((byte[])[.. ServeUnderTest.Lines(3), .. ServeUnderTest.Lines(4)[..4]], Token);
            await serve.WritesAsync(2, 3);
            hangsUp.LingerState = new LingerOption(true, 0);
        }

        using var socket = await ConnectAsync();
        await using var stream = new NetworkStream(socket);
        var receipt = ServeUnderTest.Receipt(await ServeUnderTest.SendAsync(stream, socket, ServeUnderTest.Lines(5, 6)));
        Assert.Equal(("committed", 2), (receipt.GetProperty("state").GetString(), receipt.GetProperty("written").GetInt64()));

        // All this time the one that drips has been connected, and it is still in the middle of its line.
        await using var dripping = new NetworkStream(drips);
        Assert.Equal(1, ServeUnderTest.Receipt(await ServeUnderTest.SendAsync(dripping, drips, ServeUnderTest.Lines(1).AsMemory(3))).GetProperty("written").GetInt64());
        var flooded = ServeUnderTest.Receipt(await flooding);
        Assert.Equal((1, 1, EndlessMegabytes * MiB), (
            flooded.GetProperty("lines").GetInt64(), flooded.GetProperty("rejected").GetInt64(), flooded.GetProperty("bytes").GetInt64()));
        Assert.Equal([1, 2, 3, 5, 6], serve.Numbers());
        Assert.InRange(serve.Process.MemoryBytes.PeakBytes, 1, 300 * MiB);
    }

    /// <summary>A line that does not end.</summary>
    private static async Task<string> FloodAsync(Socket socket)
    {
        var part = new byte[MiB];
        part.AsSpan().Fill((byte)'x');
        await using var stream = new NetworkStream(socket);
        for (var i = 0; i < EndlessMegabytes; i++)
            await stream.WriteAsync(part, Token);
        return await ServeUnderTest.SendAsync(stream, socket, default);
    }

    private Task<Socket> ConnectAsync() => ServeUnderTest.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
}
