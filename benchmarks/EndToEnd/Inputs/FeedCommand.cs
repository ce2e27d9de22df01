using System.CommandLine;
using System.Net;
using System.Net.Sockets;

namespace Ingest.EndToEnd.Inputs;

/// <summary>
/// <c>feed</c>: sends bytes of a file, which may be more than it has, as a process of its own: to standard output, or in
/// equal shares over connections to a port, all at the same time.
/// </summary>
internal static class FeedCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE");
        var bytes = new Argument<long>("BYTES");
        var port = new Option<int>("--port");
        var connections = new Option<int>("--connections") { DefaultValueFactory = _ => 1 };
        var command = new Command("feed", "Sends so many bytes of a file, from its beginning, again and again.") { file, bytes, port, connections };
        command.SetAction(parsed => parsed.GetValue(port) is > 0 and var target
            ? SendAsync(parsed.GetValue(file)!, parsed.GetValue(bytes), target, parsed.GetValue(connections))
            : PrintAsync(parsed.GetValue(file)!, parsed.GetValue(bytes)));
        return command;
    }

    /// <summary>So many bytes to standard output.</summary>
    public static Measuring.Command Print(string file, long bytes) => OwnProgram.Command("feed", file, $"{bytes}");

    /// <summary>So many bytes to a port.</summary>
    public static Measuring.Command Send(string file, long bytes, int port, int connections) =>
        OwnProgram.Command("feed", file, $"{bytes}", "--port", $"{port}", "--connections", $"{connections}");

    private static async Task<int> PrintAsync(string file, long bytes)
    {
        await using var output = Console.OpenStandardOutput();
        foreach (var block in Feed.Read(file, bytes))
            await output.WriteAsync(block);
        return 0;
    }

    /// <returns>0 when every connection got a receipt.</returns>
    private static async Task<int> SendAsync(string file, long bytes, int port, int connections)
    {
        var sent = await Task.WhenAll(Shares(file, bytes, connections).Select(share => Task.Run(() => SendAsync(file, share, port))));
        return sent.All(receipt => receipt) ? 0 : 1;
    }

    private static async Task<bool> SendAsync(string file, (long Start, long End) share, int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var buffer = new byte[256 * 1024];
        using var source = File.OpenHandle(file);
        for (var offset = share.Start; offset < share.End;)
        {
            var count = RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, share.End - offset)), offset);
            offset += count;
            for (var sent = 0; sent < count;)
                sent += await socket.SendAsync(buffer.AsMemory(sent, count - sent));
        }

        socket.Shutdown(SocketShutdown.Send);
        var received = 0;
        while (await socket.ReceiveAsync(buffer) is > 0 and var count)
            received += count;
        return received > 0;
    }

    /// <summary>Parts of the file's beginning of about the same size, each of whole lines.</summary>
    private static List<(long Start, long End)> Shares(string file, long bytes, int connections)
    {
        using var source = File.OpenHandle(file);
        var shares = new List<(long, long)>();
        var start = 0L;
        for (var i = 1; i <= connections; i++)
        {
            var end = i == connections ? bytes : AfterLine(source, bytes * i / connections);
            shares.Add((start, end));
            start = end;
        }

        return shares;
    }

    private static long AfterLine(Microsoft.Win32.SafeHandles.SafeFileHandle source, long offset)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var count = RandomAccess.Read(source, buffer, offset);
            if (buffer.AsSpan(0, count).IndexOf((byte)'\n') is >= 0 and var at)
                return offset + at + 1;
            if (count == 0)
                return offset;
            offset += count;
        }
    }
}
