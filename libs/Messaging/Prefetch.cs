namespace Ingest.Messaging;

/// <summary>How many messages a consumer may hold, from a number of bytes: brokers count messages, memory is bytes.</summary>
public static class Prefetch
{
    /// <summary>Fewer leave the consumer waiting for the broker between two acknowledgements.</summary>
    public const ushort Fewest = 16;

    /// <summary>Quorum queues gain nothing from more.</summary>
    public const ushort Most = 300;

    /// <param name="bytes">What the consumer may hold.</param>
    /// <param name="largestMessageBytes">What one message may take.</param>
    public static ushort Messages(long bytes, long largestMessageBytes) =>
        (ushort)Math.Clamp(bytes / largestMessageBytes, Fewest, Most);
}
