using Ingest.Messaging;

namespace Ingest.IntegrationTests.Queues;

/// <summary>Batches of one line of one source, with random bytes unless said otherwise.</summary>
internal static class RandomBatches
{
    /// <summary>A replayable one is what a filter has left.</summary>
    public static LineBatch Lines(string pipeline, int bytes, bool replayable = false) => Lines(pipeline, Noise(bytes), replayable);

    /// <summary>Its message is a small part of what it takes in memory.</summary>
    public static LineBatch Compressible(string pipeline, int bytes)
    {
        var line = new byte[bytes];
        Array.Fill(line, (byte)'x');
        return Lines(pipeline, line);
    }

    private static LineBatch Lines(string pipeline, byte[] line, bool replayable = false) => new()
    {
        Id = Guid.CreateVersion7(),
        Replayable = replayable,
        Pipeline = pipeline,
        Definition = "0",
        Lines = line,
        Segments = [Segment(line.Length) with { PayloadLength = line.Length, Filtered = replayable ? 1 : 0 }],
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
