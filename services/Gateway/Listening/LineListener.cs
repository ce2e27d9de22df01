using System.Net;
using System.Net.Sockets;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Microsoft.Extensions.Logging;

namespace Ingest.Gateway.Listening;

/// <summary>
/// One pipeline's TCP port. Each connection is a source of its own; it is closed in order (FIN) only when every line is
/// safe, and reset in every other case, so that a producer can trust the end of its connection.
/// </summary>
internal sealed partial class LineListener(
    PipelineDefinition pipeline,
    BatchPublisher<LineBatch> publisher,
    GatewayOptions options,
    TimeProvider time,
    ILogger logger) : IDisposable
{
    private const int Backlog = 512;
    private const int KeepAliveAfterSeconds = 60;
    private const int KeepAliveEverySeconds = 10;
    private static readonly TimeSpan AfterAcceptError = TimeSpan.FromMilliseconds(100);

    private readonly IPAddress _address = IPAddress.Parse(options.ListenAddress);
    private readonly Socket _socket = new(IPAddress.Parse(options.ListenAddress).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    private readonly HashSet<Task> _connections = [];
    private readonly Lock _lock = new();

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <exception cref="SocketException">The port is taken or not ours to use.</exception>
    public void Bind(int port)
    {
        _socket.Bind(new IPEndPoint(_address, port));
        _socket.Listen(Backlog);
        LogListening(pipeline.Name, EndPoint);
    }

    /// <summary>Accepts until stopped, then waits for the connections at hand.</summary>
    public async Task RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        while (!stopping.IsCancellationRequested)
        {
            Socket connection;
            try
            {
                connection = await _socket.AcceptAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException failure)
            {
                LogAcceptFailed(pipeline.Name, failure.Message);
                await Task.Delay(AfterAcceptError, time, CancellationToken.None);
                continue;
            }

            Track(connection, stopping, aborting);
        }

        _socket.Close();
        Task[] open;
        lock (_lock)
            open = [.. _connections];
        await Task.WhenAll(open);
    }

    public void Dispose() => _socket.Dispose();

    private void Track(Socket connection, CancellationToken stopping, CancellationToken aborting)
    {
        try
        {
            // Reset unless told otherwise: the kernel ends a killed process's connections with FIN, which would say "done".
            connection.LingerState = new LingerOption(true, 0);
            KeepAlive(connection);
        }
        catch (SocketException failure)
        {
            LogAcceptFailed(pipeline.Name, failure.Message);
            connection.Dispose();
            return;
        }

        lock (_lock)
        {
            if (_connections.Count >= options.MaxConnectionsPerPipeline)
            {
                LogTooMany(pipeline.Name, options.MaxConnectionsPerPipeline);
                connection.Dispose();
                return;
            }

            var handling = HandleAsync(connection, stopping, aborting);
            if (handling.IsCompleted)
                return;
            _connections.Add(handling);
            handling.ContinueWith(
                done =>
                {
                    lock (_lock)
                        _connections.Remove(done);
                },
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Current);
        }
    }

    /// <summary>A producer that vanished without a word gives its place up after two minutes.</summary>
    private static void KeepAlive(Socket connection)
    {
        connection.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        connection.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveAfterSeconds);
        connection.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveEverySeconds);
    }

    private async Task HandleAsync(Socket connection, CancellationToken stopping, CancellationToken aborting)
    {
        // Not on the time of those who wait to be accepted.
        await Task.Yield();
        using var owned = connection;
        var name = "unknown";
        try
        {
            name = connection.RemoteEndPoint?.ToString() ?? name;
            await using var stream = new NetworkStream(connection, ownsSocket: false);
            var pump = new SourcePump(Source.Live(name, pipeline), publisher, options.Linger, time);
            var result = await pump.RunAsync(stream, stopping, aborting);
            if (result.Outcome == SourceOutcome.Completed)
            {
                connection.LingerState = new LingerOption(false, 0);
                connection.Shutdown(SocketShutdown.Send);
            }

            LogEnded(pipeline.Name, name, result.Outcome, result.Lines, result.Bytes);
        }
        catch (OperationCanceledException) when (aborting.IsCancellationRequested)
        {
            LogAborted(pipeline.Name, name);
        }
        catch (SocketException)
        {
            // The producer reset its connection after its last line; every line is safe all the same.
        }
        catch (Exception failure)
        {
            // One connection's failure is not another's; the reset tells the producer.
            LogFailed(failure, pipeline.Name, name);
        }
    }
}
