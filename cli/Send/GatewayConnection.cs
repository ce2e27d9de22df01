using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Ingest.Cli.Send;

/// <summary>A connection to a gateway, past its token line. Closed before its end it is reset, so that nothing takes it for finished.</summary>
internal sealed class GatewayConnection : IAsyncDisposable
{
    private const int LongestAnswer = 1024 * 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly Stream _stream;

    private GatewayConnection(Socket socket, Stream stream) => (_socket, _stream) = (socket, stream);

    /// <exception cref="SocketException">Nobody listens there, or not now.</exception>
    /// <exception cref="IOException">It broke, or took too long.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The gateway's certificate is not good.</exception>
    public static async Task<GatewayConnection> OpenAsync(Destination destination, string? source, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
        Stream? stream = null;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(ConnectTimeout);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await socket.ConnectAsync(destination.EndPoint, late.Token);
            stream = new NetworkStream(socket, ownsSocket: false);
            if (destination.Tls is { } options)
            {
                var secured = new SslStream(stream);
                stream = secured;
                await secured.AuthenticateAsClientAsync(options, late.Token);
            }

            var first = (destination.Token is { } token ? $"Bearer {token}\n" : "") + (source is null ? "" : $"Ingest-Source: {source}\n");
            await stream.WriteAsync(Encoding.UTF8.GetBytes(first), late.Token);
            return new GatewayConnection(socket, stream);
        }
        catch (Exception failure)
        {
            if (stream is not null)
                await stream.DisposeAsync();
            socket.Dispose();
            if (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new IOException($"no connection within {ConnectTimeout.TotalSeconds:N0} s");
            throw;
        }
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _stream.WriteAsync(bytes, cancellationToken);

    /// <summary>Says that nothing more is sent.</summary>
    public async Task EndAsync()
    {
        if (_stream is SslStream secured)
            await secured.ShutdownAsync();
        else
            _socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>What the gateway says, to its end. A whole line is an answer, also where the connection is reset after it.</summary>
    public async Task<byte[]> ReadToEndAsync(CancellationToken cancellationToken)
    {
        List<byte> answer = [];
        var buffer = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                if (answer.Count + count > LongestAnswer)
                    throw new IOException("what listens there sends no receipt");
                answer.AddRange(buffer.AsSpan(0, count));
            }
        }
        catch (IOException) when (answer is [.., (byte)'\n'])
        {
            // The gateway has nothing to add.
        }

        return [.. answer];
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
    }
}
