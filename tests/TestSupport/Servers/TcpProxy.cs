using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ingest.TestSupport;

/// <summary>Stands between a client and a server on this machine and breaks their connections in the ways networks do.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private readonly List<Link> _links = [];
    private readonly int _server;
    private readonly Task _accepting;
    private bool _refusing;
    private byte[]? _unanswered;

    public TcpProxy(int server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The same address by way of the proxy.</summary>
    public static (TcpProxy Proxy, Uri Uri) Before(Uri server)
    {
        var proxy = new TcpProxy(server.Port);
        return (proxy, new UriBuilder(server) { Host = "127.0.0.1", Port = proxy.Port }.Uri);
    }

    /// <summary>Resets all connections; the next ones work.</summary>
    public void Drop()
    {
        foreach (var link in Take())
            link.Dispose();
    }

    /// <summary>Resets all connections and lets no more through, as if the client had died.</summary>
    public void Cut()
    {
        _refusing = true;
        Drop();
    }

    /// <summary>What the server answers over the connections of now waits for <see cref="Thaw"/>; new connections work.</summary>
    public void FreezeAnswers()
    {
        foreach (var link in Links())
            link.Freeze();
    }

    /// <summary>
    /// What the server answers to these bytes, and all that follows over the same connection, waits for <see cref="Thaw"/>. The
    /// client has to send them in one piece.
    /// </summary>
    public void FreezeAnswersTo(string sent) => _unanswered = Encoding.UTF8.GetBytes(sent);

    public void Thaw()
    {
        foreach (var link in Links())
            link.Thaw();
    }

    /// <summary>Lets no new connection through and leaves those of now alone.</summary>
    public void Refuse() => _refusing = true;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        Drop();
        await _accepting;
        _ended.Dispose();
    }

    private List<Link> Links()
    {
        lock (_lock)
            return [.. _links];
    }

    private List<Link> Take()
    {
        lock (_lock)
        {
            List<Link> taken = [.. _links];
            _links.Clear();
            return taken;
        }
    }

    private async Task AcceptAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_ended.Token);
                if (_refusing)
                {
                    client.Close(0);
                    continue;
                }

                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(IPAddress.Loopback, _server, _ended.Token);
                var link = new Link(client, server, this);
                lock (_lock)
                    _links.Add(link);
                running.Add(link.RunAsync());
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy or the server is gone.
        }

        await Task.WhenAll(running);
    }

    private sealed class Link(Socket client, Socket server, TcpProxy proxy) : IDisposable
    {
        private TaskCompletionSource? _frozen;

        public Task RunAsync() => Task.WhenAll(PumpAsync(client, server, answers: false), PumpAsync(server, client, answers: true));

        public void Freeze() => _frozen ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Thaw() => Interlocked.Exchange(ref _frozen, null)?.TrySetResult();

        public void Dispose()
        {
            Thaw();
            client.Close(0);
            server.Close(0);
        }

        private async Task PumpAsync(Socket from, Socket to, bool answers)
        {
            var buffer = new byte[64 * 1024];
            try
            {
                while (await from.ReceiveAsync(buffer) is > 0 and var count)
                {
                    if (!answers && proxy._unanswered is { } unanswered && buffer.AsSpan(0, count).IndexOf(unanswered) >= 0)
                        Freeze();
                    if (answers && _frozen is { } frozen)
                        await frozen.Task;
                    for (var sent = 0; sent < count;)
                        sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                }
            }
            catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
            {
                // One side went, so the other goes.
            }

            Dispose();
        }
    }
}
