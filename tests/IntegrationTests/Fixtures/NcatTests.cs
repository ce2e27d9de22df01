using System.Net;
using System.Net.Sockets;
using System.Text;
using Ingest.TestSupport;

namespace Ingest.IntegrationTests.Fixtures;

public sealed class NcatTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_reply_that_comes_after_the_half_close_is_read()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var sent = Encoding.ASCII.GetBytes(new string('x', 1_000_000));
        var file = Path.Combine(TestRun.CreateFolder("ncat"), "input");
        await File.WriteAllBytesAsync(file, sent, TestContext.Current.CancellationToken);

        var echo = ReplyWithLengthAsync(listener);
        var streamed = await ncat.SendAsync(port, new MemoryStream(sent), Deadline);
        await echo;
        echo = ReplyWithLengthAsync(listener);
        var redirected = await ncat.SendFileAsync(port, file, Deadline);
        await echo;

        Assert.Equal(new NcatResult(0, "1000000\n", ""), streamed);
        Assert.Equal(new NcatResult(0, "1000000\n", ""), redirected);
    }

    private static async Task ReplyWithLengthAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, TestContext.Current.CancellationToken);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{received.Length}\n"), TestContext.Current.CancellationToken);
    }
}
