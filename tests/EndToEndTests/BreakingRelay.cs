using System.Net;
using System.Net.Sockets;

namespace Ingest.EndToEndTests;

/// <summary>Stands before a gateway, resets its first connections after so many bytes each, and passes the others on with their ends.</summary>
internal sealed class BreakingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _relaying;

    public BreakingRelay(int gateway, params long[] bytes)
    {
        _listener.Start();
        _relaying = RelayAsync(gateway, bytes);
    }

    /// <summary>Where a limit is reached nothing goes on, and the connection is not reset before this has completed.</summary>
    public Task Hold { get; init; } = Task.CompletedTask;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _relaying;
        _listener.Stop();
        _ended.Dispose();
    }

    private async Task RelayAsync(int gateway, long[] bytes)
    {
        try
        {
            for (var connection = 0; ; connection++)
            {
                var limit = connection < bytes.Length ? bytes[connection] : long.MaxValue;
                using var client = await _listener.AcceptSocketAsync(_ended.Token);
                using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(IPAddress.Loopback, gateway, _ended.Token);
                var answers = PassAsync(server, client, long.MaxValue);
                try
                {
                    if (await PassAsync(client, server, limit))
                    {
                        await answers;
                        continue;
                    }
                }
                catch (SocketException)
                {
                    // One of them was reset, and so is the other: a gateway does that with what it has not read.
                }

                await Hold.WaitAsync(_ended.Token);
                client.Close(0);
                server.Close(0);
                await ((Task)answers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    /// <returns>False where the limit ended it.</returns>
    private async Task<bool> PassAsync(Socket from, Socket to, long limit)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, _ended.Token) is > 0 and var count)
        {
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _ended.Token);
            if ((limit -= count) <= 0)
                return false;
        }

        to.Shutdown(SocketShutdown.Send);
        return true;
    }
}
