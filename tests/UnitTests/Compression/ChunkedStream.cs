using Ingest.Compression;

namespace Ingest.UnitTests.Compression;

/// <summary>Bytes that arrive in pieces of the given sizes, again and again.</summary>
internal sealed class ChunkedStream(ReadOnlyMemory<byte> bytes, params int[] sizes) : ReadOnlyStream
{
    private int _next;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        var count = Math.Min(Math.Min(buffer.Length, bytes.Length), sizes[_next % sizes.Length]);
        bytes[..count].CopyTo(buffer);
        bytes = bytes[count..];
        if (count > 0)
            _next++;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
