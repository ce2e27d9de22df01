using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary>Many senders at once, and what they cost the gateway and one another.</summary>
public sealed class ReceiveBudgetTests(SharedServers servers)
{
    private const int Senders = 300;

    /// <summary>Three batches long.</summary>
    private const int LineBytes = 3_600_000;
    private const long MiB = 1024 * 1024;

    private const string Numbers =
        """
        where: n > 0
        max_line_bytes: 4000000
        table: numbers
        columns:
          n: bigint
        """;

    [Fact]
    public async Task Senders_that_stall_inside_long_lines_hold_nobody_else_up()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers, settings: ("Gateway__ProgressDeadline", "00:00:01"));
        var half = LongLine(1)[..(LineBytes / 2)];
        var stalled = new List<Socket>();
        try
        {
            for (var i = 0; i < Senders; i++)
                stalled.Add(await ConnectAsync(pipeline.Port));
            var sending = stalled.Select(s => SendWhatIsTakenAsync(s, half)).ToArray();

            // Short lines need no room that the others hold; a long one gets it in its turn.
            var sent = await ncat.SendAsync(pipeline.Port, Short(20_000), PipelineUnderTest.Deadline);
            Assert.Equal(20_000, Lines(sent.Output));
            sent = await ncat.SendAsync(pipeline.Port, new MemoryStream(LongLine(2)), PipelineUnderTest.Deadline);
            Assert.Equal(1, Lines(sent.Output));
            Assert.InRange(pipeline.Gateway.MemoryBytes.PeakBytes, 1, 200 * MiB);
            Assert.Contains("Gateway__ProgressDeadline", await pipeline.Gateway.WaitForLineAsync(
                line => line.Contains("completed no line", StringComparison.Ordinal), PipelineUnderTest.Deadline), StringComparison.Ordinal);
            TestContext.Current.TestOutputHelper?.WriteLine($"peak {pipeline.Gateway.MemoryBytes.PeakBytes / MiB} MiB");
            stalled.ForEach(s => s.Dispose());
            await Task.WhenAll(sending);
        }
        finally
        {
            stalled.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task Fast_senders_cost_no_more_memory_when_nothing_can_be_sent_on()
    {
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers, broker);
        var ncat = await Ncat.FindOrSkipAsync();
        await ncat.SendAsync(pipeline.Port, Short(1), PipelineUnderTest.Deadline);
        await pipeline.AllLinesAreAccountedForAsync(1);
        await broker.PauseAsync();

        var senders = new List<Socket>();
        try
        {
            for (var i = 0; i < Senders; i++)
                senders.Add(await ConnectAsync(pipeline.Port));
            var lines = Short(200_000).ToArray();
            var (taken, last, still) = (0L, 0L, 0);
            var sending = senders.Select(s => SendWhatIsTakenAsync(s, lines, count => Interlocked.Add(ref taken, count))).ToArray();
            await Eventually.HoldsAsync(
                () =>
                {
                    var now = Interlocked.Read(ref taken);
                    (last, still) = (now, now == last && now > 0 ? still + 1 : 0);
                    return still >= 20;
                },
                PipelineUnderTest.Deadline,
                () => $"Every sender was to be stopped; {taken} bytes were taken.");
            Assert.InRange(pipeline.Gateway.MemoryBytes.PeakBytes, 1, 256 * MiB);
            TestContext.Current.TestOutputHelper?.WriteLine($"peak {pipeline.Gateway.MemoryBytes.PeakBytes / MiB} MiB");
            senders.ForEach(s => s.Dispose());
            await Task.WhenAll(sending);
        }
        finally
        {
            senders.ForEach(s => s.Dispose());
            await broker.ResumeAsync();
        }
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        // The kernel would otherwise hold megabytes for each.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { SendBufferSize = 64 * 1024 };
        await socket.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task SendWhatIsTakenAsync(Socket socket, ReadOnlyMemory<byte> bytes, Action<int>? taken = null)
    {
        try
        {
            while (bytes.Length > 0)
            {
                // A send completes only when all of it is taken.
                var count = await socket.SendAsync(bytes[..Math.Min(bytes.Length, 16 * 1024)], TestContext.Current.CancellationToken);
                taken?.Invoke(count);
                bytes = bytes[count..];
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // It was reset, or the test is over.
        }
    }

    private static MemoryStream Short(int count) =>
        new(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, count).Select(n => $"{{\"n\":{n},\"text\":\"some text that nobody wants\"}}\n"))));

    private static byte[] LongLine(int n) => Encoding.ASCII.GetBytes($"{{\"n\":{n},\"text\":\"{new string('x', LineBytes)}\"}}\n");

    private static long Lines(string receipt) => JsonDocument.Parse(receipt).RootElement.GetProperty("lines").GetInt64();
}
