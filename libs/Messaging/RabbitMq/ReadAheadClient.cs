using System.Net.Sockets;
using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// A connection to the broker that receives much at a time. The client itself asks the socket for 4 KiB after 4 KiB,
/// which are a score of system calls for each batch.
/// </summary>
internal sealed class ReadAheadClient(Socket socket) : TcpClientAdapter(socket)
{
    public static ITcpClient Create(AddressFamily family) =>
        new ReadAheadClient(new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });

    public override NetworkStream GetStream() => new ReadAheadStream(Client);
}

/// <summary>Reads as much as has arrived and hands it out piece by piece. One reader at a time.</summary>
internal sealed class ReadAheadStream(Socket socket) : NetworkStream(socket)
{
    /// <summary>About two batches as they travel.</summary>
    private const int AheadBytes = 128 * 1024;

    private readonly byte[] _ahead = new byte[AheadBytes];
    private int _start;
    private int _end;

    public override bool DataAvailable => _start < _end || base.DataAvailable;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start < _end)
            return new ValueTask<int>(Take(buffer.Span));
        return buffer.IsEmpty || buffer.Length >= AheadBytes
            ? base.ReadAsync(buffer, cancellationToken)
            : ReceiveAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer) => _start < _end ? Take(buffer) : base.Read(buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int ReadByte() => _start < _end ? _ahead[_start++] : base.ReadByte();

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _end = await base.ReadAsync(_ahead, cancellationToken);
        _start = 0;
        return Take(buffer.Span);
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _end - _start);
        _ahead.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }
}
