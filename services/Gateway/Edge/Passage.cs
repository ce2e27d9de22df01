using System.Net.Security;
using System.Net.Sockets;

namespace Ingest.Gateway.Edge;

/// <summary>A connection past the gate: who it is, and what its lines are read from.</summary>
/// <param name="Name">What its source is called.</param>
/// <param name="Stream">The socket's bytes, or what TLS makes of them.</param>
internal sealed record Passage(string Name, Stream Stream) : IAsyncDisposable
{
    /// <summary>A connection that has nothing to show.</summary>
    public static Passage Plain(string name, Socket socket) => new(name, new NetworkStream(socket, ownsSocket: false));

    /// <summary>What comes to be read comes from the socket, byte for byte.</summary>
    public bool IsPlain => Stream is NetworkStream;

    /// <summary>Says that nothing more is sent, where the socket's own end does not.</summary>
    public Task EndAsync() => Stream is SslStream tls ? tls.ShutdownAsync() : Task.CompletedTask;

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
