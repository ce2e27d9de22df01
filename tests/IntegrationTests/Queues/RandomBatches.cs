using Ingest.Messaging;

namespace Ingest.IntegrationTests.Queues;

/// <summary>Batches of one line of one source, with random bytes.</summary>
internal static class RandomBatches
{
    public static LineBatch Lines(string pipeline, int bytes) => new()
    {
        Id = Guid.CreateVersion7(),
        Pipeline = pipeline,
        Definition = "0",
        Lines = Noise(bytes),
        Segments = [Segment(bytes) with { PayloadLength = bytes }],
    };

    public static RowBatch Rows(string pipeline, int bytes) => new()
    {
        Id = Guid.CreateVersion7(),
        Pipeline = pipeline,
        Definition = "0",
        Columns = [new RowColumn("a", ColumnType.Text)],
        Segments = [Segment(bytes) with { Rows = 1 }],
        RowLines = [7],
        Tuples = Noise(bytes),
    };

    private static Segment Segment(int bytes) => new()
    {
        SourceId = Guid.CreateVersion7(),
        Source = "test",
        FirstLine = 7,
        NextLine = 8,
        ByteOffset = 0,
        ByteLength = bytes,
        Lines = 1,
    };

    private static byte[] Noise(int bytes)
    {
        var noise = new byte[bytes];
        Random.Shared.NextBytes(noise);
        return noise;
    }
}
