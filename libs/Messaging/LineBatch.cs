using System.Buffers;

namespace Ingest.Messaging;

/// <summary>
/// Whole lines of one or more sources: the unit of transport, acknowledgement, deduplication and accounting.
/// </summary>
/// <remarks>
/// Whoever creates a batch owns it and disposes it once, after which its memory belongs to the pool again. A sender
/// keeps the batch until its send completes; a consumer may read it until it acknowledges the delivery.
/// </remarks>
public sealed class LineBatch : IBatch<LineBatch>
{
    /// <summary>
    /// How long its lines may be together; one line alone may be longer. A message costs the broker and every stage about
    /// as much as 400 KB of lines, so that batches of a quarter of this cost a quarter more: benchmarks/README.md.
    /// </summary>
    public const int LongestBytes = 1024 * 1024;

    private IMemoryOwner<byte>? _owner;

    public required Guid Id { get; init; }

    public required string Pipeline { get; init; }

    /// <summary>
    /// The version of the definition that was current when the source started. A filter that was pushed down is that
    /// version's, and its word stands, whichever version processes the lines that are left.
    /// </summary>
    public required string Definition { get; init; }

    /// <summary>True when the source can be sent again, so that the id is made from its content.</summary>
    public bool Replayable { get; init; }

    public required IReadOnlyList<Segment> Segments { get; init; }

    /// <summary>Lines that the gateway itself refused; their bytes are not in <see cref="Lines"/>.</summary>
    public IReadOnlyList<Reject> Rejects { get; init; } = [];

    /// <summary>The sources that end with this batch.</summary>
    public IReadOnlyList<SourceEnd> Ends { get; init; } = [];

    /// <summary>
    /// The lines of all segments in order, blank ones and line ends included, as the producer sent them, but that one
    /// which the gateway's filter dropped (<see cref="Segment.Filtered"/>) left only its LF.
    /// </summary>
    public ReadOnlyMemory<byte> Lines { get; init; }

    /// <summary>Bytes of memory that the batch holds.</summary>
    public int Size => Lines.Length + Rejects.Sum(r => r.Raw.Length) + 512;

    /// <summary>What a filter leaves of a replayable source's batches is not joined; the small batches of live sources are one already.</summary>
    public bool SharesMessages => Replayable && Segments.Any(s => s.Filtered > 0);

    /// <summary>Hands the memory behind <see cref="Lines"/> to the batch.</summary>
    public LineBatch Owning(IMemoryOwner<byte>? owner)
    {
        _owner = owner;
        return this;
    }

    public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Dispose();

    ReadOnlyMemory<byte> IBatch<LineBatch>.Payload => Lines;

    static string IBatch<LineBatch>.Queue => "lines";

    static string IBatch<LineBatch>.ContentType => "application/x-ingest-lines";

    static void IBatch<LineBatch>.EncodeHead(LineBatch batch, Wire.WireWriter writer) => Wire.LineBatchCodec.EncodeHead(batch, writer);

    static LineBatch IBatch<LineBatch>.Decode(IMemoryOwner<byte> body) => Wire.LineBatchCodec.Decode(body);
}
