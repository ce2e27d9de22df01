using System.Net;
using System.Net.Sockets;
using Ingest.Messaging.RabbitMq;
using Xunit;

namespace Ingest.IntegrationTests.Queues;

public sealed class ReadAheadStreamTests
{
    private const int LargestSize = 300_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Every_byte_comes_once_and_in_order_however_it_is_asked_for(int seed)
    {
        var random = new Random(seed);
        int[] sent = [.. Enumerable.Range(0, 40).Select(_ => Size(random))];
        var bytes = new byte[sent.Sum()];
        random.NextBytes(bytes);
        var (client, server) = await ConnectAsync();
        using (client)
        using (server)
        {
            await using var stream = new ReadAheadStream(client);
            var sending = SendAsync(server, bytes, sent);
            using var received = new MemoryStream();
            var buffer = new byte[LargestSize];
            for (int count; (count = await stream.ReadAsync(buffer.AsMemory(0, Size(random)), TestContext.Current.CancellationToken)) > 0;)
                received.Write(buffer, 0, count);

            await sending;
            Assert.Equal(bytes, received.ToArray());
        }
    }

    [Fact]
    public async Task A_cancelled_read_takes_nothing()
    {
        var (client, server) = await ConnectAsync();
        using (client)
        using (server)
        {
            await using var stream = new ReadAheadStream(client);
            using var cancelled = new CancellationTokenSource();
            var reading = stream.ReadAsync(new byte[10], cancelled.Token);
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);

            await server.SendAsync(new byte[] { 1, 2, 3 }, TestContext.Current.CancellationToken);
            var buffer = new byte[2];
            Assert.Equal(2, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken));
            Assert.Equal(3, stream.ReadByte());
        }
    }

    private static int Size(Random random) => random.Next(3) switch
    {
        0 => random.Next(1, 40),
        1 => random.Next(4096, 9000),
        _ => random.Next(130_000, LargestSize),
    };

    private static async Task SendAsync(Socket socket, byte[] bytes, int[] sizes)
    {
        var rest = bytes.AsMemory();
        foreach (var size in sizes)
        {
            await socket.SendAsync(rest[..size]);
            rest = rest[size..];
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task<(Socket Client, Socket Server)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptSocketAsync();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint);
        return (client, await accepting);
    }
}
