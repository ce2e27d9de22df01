using System.Buffers;

namespace Ingest.Messaging;

/// <summary>What a processor made of one <see cref="LineBatch"/>: its rows, rejects and counts, under the same id.</summary>
/// <remarks>Owned and disposed as a <see cref="LineBatch"/> is.</remarks>
public sealed class RowBatch : IBatch<RowBatch>
{
    private IMemoryOwner<byte>? _owner;

    public required Guid Id { get; init; }

    public required string Pipeline { get; init; }

    /// <summary>The version of the definition that made the rows.</summary>
    public required string Definition { get; init; }

    /// <summary>The columns of every tuple, in order.</summary>
    public required IReadOnlyList<RowColumn> Columns { get; init; }

    /// <summary>Per segment the counts; <c>Lines = Rows + Filtered + Rejected</c>.</summary>
    public required IReadOnlyList<Segment> Segments { get; init; }

    public IReadOnlyList<Reject> Rejects { get; init; } = [];

    public IReadOnlyList<SourceEnd> Ends { get; init; } = [];

    /// <summary>The line number of each row, segment by segment.</summary>
    public required IReadOnlyList<long> RowLines { get; init; }

    /// <summary>
    /// The rows as PostgreSQL's binary COPY tuples, one after another without signature or trailer: a 16-bit field
    /// count, then per field a 32-bit length (-1 for NULL) and the bytes (PostgreSQL documentation, COPY, "Binary Format").
    /// </summary>
    public ReadOnlyMemory<byte> Tuples { get; init; }

    public int Rows => RowLines.Count;

    /// <summary>Bytes of memory that the batch holds.</summary>
    public int Size => Tuples.Length + (RowLines.Count * sizeof(long)) + Rejects.Sum(r => r.Raw.Length) + 512;

    public bool SharesMessages => true;

    /// <summary>Hands the memory behind <see cref="Tuples"/> to the batch.</summary>
    public RowBatch Owning(IMemoryOwner<byte> owner)
    {
        _owner = owner;
        return this;
    }

    public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Dispose();

    ReadOnlyMemory<byte> IBatch<RowBatch>.Payload => Tuples;

    static string IBatch<RowBatch>.Queue => "rows";

    static string IBatch<RowBatch>.ContentType => "application/x-ingest-rows";

    static void IBatch<RowBatch>.EncodeHead(RowBatch batch, Wire.WireWriter writer) => Wire.RowBatchCodec.EncodeHead(batch, writer);

    static RowBatch IBatch<RowBatch>.Decode(IMemoryOwner<byte> body) => Wire.RowBatchCodec.Decode(body);
}
