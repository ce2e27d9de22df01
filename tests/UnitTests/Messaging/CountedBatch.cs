using System.Buffers;
using Ingest.Messaging;
using Ingest.Messaging.Wire;

namespace Ingest.UnitTests.Messaging;

/// <summary>A batch without content that counts how often it is disposed.</summary>
internal sealed class CountedBatch(string name, int size) : IBatch<CountedBatch>
{
    private int _disposals;

    public int Disposals => _disposals;

    public Guid Id { get; } = Guid.NewGuid();

    public string Pipeline => "p";

    public IReadOnlyList<Segment> Segments => [];

    public int Size => size;

    public ReadOnlyMemory<byte> Payload => default;

    public bool SharesMessages => false;

    static string IBatch<CountedBatch>.Queue => "counted";

    static string IBatch<CountedBatch>.ContentType => "application/x-counted";

    public void Dispose() => Interlocked.Increment(ref _disposals);

    public override string ToString() => name;

    static void IBatch<CountedBatch>.EncodeHead(CountedBatch batch, WireWriter writer) => throw new NotSupportedException();

    static CountedBatch IBatch<CountedBatch>.Decode(IMemoryOwner<byte> body) => throw new NotSupportedException();
}
