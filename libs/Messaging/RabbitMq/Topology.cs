namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// All that Ingest declares on a broker. Five quorum queues for each pipeline, reached through the default exchange:
/// <code>
/// ingest.PIPELINE.lines           gateway   → processor
/// ingest.PIPELINE.lines.suspects  processor → processor, one at a time: what came back from too many consumers
/// ingest.PIPELINE.rows            processor → writer
/// ingest.PIPELINE.rows.suspects   writer    → writer
/// ingest.PIPELINE.dead            batches that kill whatever touches them, and what the broker itself gives up
/// </code>
/// A full queue refuses publishes (which is the back-pressure), and what it gives up goes to the dead queue with the
/// guarantee of a confirm.
/// </summary>
public static class Topology
{
    public const long LongestQueueBytes = 512L * 1024 * 1024;

    /// <summary>Every return of a channel raises a message's delivery count, so a small limit would bury good batches.</summary>
    public const int DeliveryLimit = 1_000;

    /// <summary>A dead batch has nowhere else to go; without a number, newer brokers take 20 and then drop it.</summary>
    public const int DeadDeliveryLimit = 1_000_000;

    public static string QueueName<T>(string pipeline) where T : class, IBatch<T> => $"ingest.{pipeline}.{T.Queue}";

    /// <summary>Where a work queue's suspects wait for their trial.</summary>
    public static string SuspectQueueName(string queue) => $"{queue}.suspects";

    public static string DeadQueueName(string pipeline) => $"ingest.{pipeline}.dead";

    public static Dictionary<string, object?> WorkQueueArguments(string pipeline) => new()
    {
        ["x-queue-type"] = "quorum",
        ["x-overflow"] = "reject-publish",
        ["x-max-length-bytes"] = LongestQueueBytes,
        ["x-delivery-limit"] = DeliveryLimit,
        ["x-dead-letter-exchange"] = "",
        ["x-dead-letter-routing-key"] = DeadQueueName(pipeline),
        ["x-dead-letter-strategy"] = "at-least-once",
    };

    public static Dictionary<string, object?> DeadQueueArguments() => new()
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = DeadDeliveryLimit,
    };

    /// <summary>Limits that an operator may have set otherwise without changing what the queue promises.</summary>
    public static bool IsTolerable(string argument) =>
        argument is "x-max-length-bytes" or "x-max-length" or "x-delivery-limit";
}
