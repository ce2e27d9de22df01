using System.Diagnostics.Metrics;

namespace Ingest.Messaging;

/// <summary>The meter <c>Ingest</c>.</summary>
public static class IngestMetrics
{
    public const string MeterName = "Ingest";

    internal static Meter Meter { get; } = new(MeterName);

    private static readonly Counter<long> BuriedBatches = Meter.CreateCounter<long>(
        "ingest.batches.buried", "{batch}", "Batches moved to a dead queue by this process.");

    internal static void Buried(string pipeline, string queue) => BuriedBatches.Add(
        1, new("pipeline", pipeline), new("queue", queue[(queue.LastIndexOf('.') + 1)..]));
}
