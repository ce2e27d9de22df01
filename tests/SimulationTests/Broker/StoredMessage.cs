using System.Buffers;
using Ingest.Messaging;
using Ingest.Messaging.Wire;

namespace Ingest.SimulationTests.Broker;

/// <summary>A batch as the broker keeps it: bytes.</summary>
internal sealed class StoredMessage(Guid id, IReadOnlyList<Segment> segments, byte[] body)
{
    public Guid Id => id;

    public IReadOnlyList<Segment> Segments => segments;

    public int Bytes => body.Length;

    /// <summary>How often it was given to a consumer that did not settle it.</summary>
    public int Returns { get; set; }

    public static StoredMessage Of<T>(T batch) where T : class, IBatch<T>
    {
        using var encoded = EncodedBatch.Of(batch);
        return new StoredMessage(batch.Id, batch.Segments, [.. encoded.Head.Span, .. encoded.Payload.Span]);
    }

    public T Read<T>() where T : class, IBatch<T> => T.Decode(new Copy(body));

    /// <summary>Memory that turns to rubbish when its owner gives it back, as a pooled buffer may at any moment.</summary>
    private sealed class Copy : IMemoryOwner<byte>
    {
        private byte[]? _array;

        public Copy(byte[] body)
        {
            _array = ArrayPool<byte>.Shared.Rent(body.Length);
            body.CopyTo(_array, 0);
            Memory = _array.AsMemory(0, body.Length);
        }

        public Memory<byte> Memory { get; }

        public void Dispose()
        {
            if (_array is null)
                return;
            Memory.Span.Fill(0xDD);
            ArrayPool<byte>.Shared.Return(_array);
            _array = null;
        }
    }
}
