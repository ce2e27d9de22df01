namespace Ingest.Messaging.Wire;

/// <summary>
/// A batch as it goes on the wire, in two parts: its head, written here, and its lines or tuples where the batch holds
/// them, so that they are read from there when they are packed instead of being copied beforehand.
/// </summary>
internal sealed class EncodedBatch : IDisposable
{
    /// <summary>Room for most heads.</summary>
    private const int UsualHeadBytes = 1024;

    private readonly WireWriter _head = new(UsualHeadBytes);

    private EncodedBatch(ReadOnlyMemory<byte> payload) => Payload = payload;

    public ReadOnlyMemory<byte> Head => _head.Written;

    /// <summary>The batch's own memory.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Bytes of both.</summary>
    public int Length => Head.Length + Payload.Length;

    /// <returns>To be disposed before the batch.</returns>
    public static EncodedBatch Of<T>(T batch) where T : class, IBatch<T>
    {
        var encoded = new EncodedBatch(batch.Payload);
        try
        {
            T.EncodeHead(batch, encoded._head);
            return encoded;
        }
        catch
        {
            encoded.Dispose();
            throw;
        }
    }

    /// <summary>Writes both parts, one after the other.</summary>
    public void CopyTo(Span<byte> target)
    {
        Head.Span.CopyTo(target);
        Payload.Span.CopyTo(target[Head.Length..]);
    }

    public void Dispose() => _head.Dispose();
}
