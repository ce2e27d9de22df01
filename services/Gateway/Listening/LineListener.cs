using System.Net;
using System.Net.Sockets;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Sources;
using Ingest.Pipelines.Definition;
using Microsoft.Extensions.Logging;

namespace Ingest.Gateway.Listening;

/// <summary>
/// One pipeline's TCP port. Each connection is a source of its own.
/// </summary>
internal sealed partial class LineListener(
    PipelineDefinition pipeline,
    Func<Source, SourceConversation> converse,
    GatewayOptions options,
    TimeProvider time,
    ILogger logger) : IDisposable
{
    private const int Backlog = 512;
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

    private void Track(Socket socket, CancellationToken stopping, CancellationToken aborting)
    {
        var connection = new LineConnection(socket, pipeline, converse, options, time);
        try
        {
            connection.Prepare();
        }
        catch (SocketException failure)
        {
            LogAcceptFailed(pipeline.Name, failure.Message);
            socket.Dispose();
            return;
        }

        lock (_lock)
        {
            if (_connections.Count >= options.MaxConnectionsPerPipeline)
            {
                LogTooMany(pipeline.Name, options.MaxConnectionsPerPipeline);
                socket.Dispose();
                return;
            }

            var handling = HandleAsync(socket, connection, stopping, aborting);
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

    private async Task HandleAsync(Socket socket, LineConnection connection, CancellationToken stopping, CancellationToken aborting)
    {
        // Not on the time of those who wait to be accepted.
        await Task.Yield();
        using var owned = socket;
        try
        {
            var result = await connection.RunAsync(stopping, aborting);
            LogEnded(pipeline.Name, connection.Name, result.Outcome, result.Lines, result.Bytes);
            if (result.Outcome == SourceOutcome.Stalled)
                LogStalled(pipeline.Name, connection.Name, options.ProgressDeadline);
        }
        catch (OperationCanceledException) when (aborting.IsCancellationRequested)
        {
            LogAborted(pipeline.Name, connection.Name);
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or IOException { InnerException: SocketException })
        {
            // The producer reset its connection after its last line, or does not read; every line is safe all the same.
        }
        catch (Exception failure)
        {
            // One connection's failure is not another's; the reset tells the producer.
            LogFailed(failure, pipeline.Name, connection.Name);
        }
    }
}
