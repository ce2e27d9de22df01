namespace Ingest.UnitTests.Gateway.Edge;

/// <summary>Bytes that come in pieces of given sizes, then the end.</summary>
internal sealed class ChunkedStream(byte[] bytes, IReadOnlyList<int> sizes) : MemoryStream(bytes, writable: false)
{
    private int _reads;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var size = sizes.Count == 0 ? buffer.Length : sizes[_reads++ % sizes.Count];
        return ValueTask.FromResult(Read(buffer.Span[..Math.Min(buffer.Length, Math.Max(1, size))]));
    }

    public byte[] Rest() => ToArray()[(int)Position..];
}
