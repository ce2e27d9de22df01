using System.Net.Sockets;

namespace Ingest.Gateway.Edge;

/// <summary>
/// The bytes under TLS. They may not simply end: a connection that was cut says nothing of what was to come, so only
/// TLS's own closing alert ends a source (RFC 8446, section 6.1).
/// </summary>
internal sealed class TlsTransport(Socket socket) : NetworkStream(socket, ownsSocket: false)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await base.ReadAsync(buffer, cancellationToken);
        if (count == 0 && !buffer.IsEmpty)
            throw new EndOfStreamException("the connection ended without TLS's closing alert");
        return count;
    }
}
