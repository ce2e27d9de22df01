namespace Ingest.Compression.Decoding;

/// <summary>A decoder that is handed bytes and hands bytes back, and never waits.</summary>
internal interface IDecoder : IDisposable
{
    /// <summary>With <see cref="DecodeStatus.NeedsMemory"/>: what it needs in all. It may take it when it is called again.</summary>
    MemoryNeed Need { get; }

    /// <summary>With <see cref="DecodeStatus.Corrupt"/>: what is wrong, as in "is damaged".</summary>
    string Fault { get; }

    /// <summary>Takes bytes and makes bytes until it can do no more of either.</summary>
    /// <param name="source">The next bytes; what is not taken comes again, with more behind it.</param>
    /// <param name="isLast">Nothing follows them.</param>
    /// <param name="target">Where to put what is unpacked; at least one byte.</param>
    /// <param name="taken">Bytes taken, also with a fault.</param>
    /// <param name="made">Bytes made, also with a fault.</param>
    DecodeStatus Decode(ReadOnlySpan<byte> source, bool isLast, Span<byte> target, out int taken, out int made);
}

/// <param name="Bytes">All that it will hold.</param>
/// <param name="WindowBytes">The part of it that the input asks for: how far back its bytes may refer.</param>
internal readonly record struct MemoryNeed(long Bytes, long WindowBytes);

/// <summary>Why a decoder came back.</summary>
internal enum DecodeStatus
{
    /// <summary>The target is full, or there is more to do.</summary>
    Going,

    /// <summary>It has made all that the bytes so far give.</summary>
    NeedsInput,

    NeedsMemory,

    /// <summary>All is unpacked, in order.</summary>
    Ended,

    Corrupt,
}
