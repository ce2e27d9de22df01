using Ingest.Messaging.Wire;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// Packs bodies that are alike, one queue's: after one that did not shrink enough to be worth it, a multiple of its
/// bytes crosses as it is before another is tried. Rows of chosen columns, whose names are gone, are often such bodies.
/// </summary>
internal sealed class BodyPacker(BodyCompression compression)
{
    /// <summary>Trials that fail cost a sixteenth of the bytes their time.</summary>
    private const int BytesPerTriedByte = 15;

    /// <summary>Above this one is always tried: the broker takes no message over 16 MiB.</summary>
    private const int AlwaysTriedBytes = 8 * 1024 * 1024;

    /// <summary>Counted in bytes, not in bodies: a tiny one says little of the next large one.</summary>
    private long _asIs;

    /// <inheritdoc cref="Body.Pack{T}"/>
    public PooledMemory Pack(EncodedBatch encoded)
    {
        if (IsAsIs(encoded.Length))
            return Body.Pack(encoded, BodyCompression.None);
        return Note(Body.Pack(encoded, compression), encoded.Length);
    }

    /// <inheritdoc cref="Body.PackSeveral"/>
    public PooledMemory PackSeveral(ReadOnlySpan<byte> batches)
    {
        if (IsAsIs(batches.Length))
            return Body.PackSeveral(batches, BodyCompression.None);
        return Note(Body.PackSeveral(batches, compression), batches.Length);
    }

    private bool IsAsIs(int length)
    {
        if (length > AlwaysTriedBytes)
            return false;
        if (Interlocked.Add(ref _asIs, -length) >= 0)
            return true;
        Interlocked.Add(ref _asIs, length);
        return false;
    }

    private PooledMemory Note(PooledMemory body, int length)
    {
        if (compression != BodyCompression.None && !Body.IsCompressed(body.Memory.Span))
            Interlocked.Add(ref _asIs, (long)length * BytesPerTriedByte);
        return body;
    }
}
