using System.Buffers;
using Ingest.Messaging.Wire;

namespace Ingest.Messaging;

/// <summary>What a queue carries: a <see cref="LineBatch"/> or a <see cref="RowBatch"/>.</summary>
public interface IBatch<TSelf> : IDisposable where TSelf : class, IBatch<TSelf>
{
    /// <summary>The last part of the queue's name.</summary>
    static abstract string Queue { get; }

    static abstract string ContentType { get; }

    /// <summary>Writes everything that comes before <see cref="Payload"/>.</summary>
    static abstract void EncodeHead(TSelf batch, WireWriter writer);

    /// <summary>Reads an encoded batch, which owns <paramref name="body"/> from then on.</summary>
    /// <exception cref="BatchFormatException">The body is not a batch of this kind and version.</exception>
    static abstract TSelf Decode(IMemoryOwner<byte> body);

    Guid Id { get; }

    string Pipeline { get; }

    /// <summary>Whether it may share a message with others where it is small and many come at a time.</summary>
    bool SharesMessages { get; }

    IReadOnlyList<Segment> Segments { get; }

    /// <summary>Its lines or tuples: the end of the encoded batch.</summary>
    ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Bytes of memory that the batch holds: what budgets count.</summary>
    int Size { get; }
}

/// <summary>A body that is not a batch, or is damaged.</summary>
public class BatchFormatException(string message) : Exception(message);

/// <summary>A batch of a version that this build does not know and another one does; there is nothing wrong with it.</summary>
public sealed class UnknownBatchVersionException(string message) : BatchFormatException(message);
