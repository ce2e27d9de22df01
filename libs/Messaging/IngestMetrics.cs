using System.Diagnostics.Metrics;

namespace Ingest.Messaging;

/// <summary>The meter <c>Ingest</c>.</summary>
public static class IngestMetrics
{
    public const string MeterName = "Ingest";

    /// <summary>For the instruments of all stages.</summary>
    public static Meter Meter { get; } = new(MeterName);

    private static readonly Counter<long> BuriedBatches = Meter.CreateCounter<long>(
        "ingest.batches.buried", "{batch}", "Batches that this process moved to a dead queue.");

    internal static void Buried(string pipeline, string queue, BurialCause cause) => BuriedBatches.Add(
        1,
        new("pipeline", pipeline),
        new("kind", queue[(queue.LastIndexOf('.') + 1)..]),
        new("cause", cause switch
        {
            BurialCause.Poison => "poison",
            BurialCause.Unreadable => "unreadable",
            _ => "refused",
        }));
}

/// <summary>Why a batch is in a dead queue.</summary>
internal enum BurialCause
{
    /// <summary>A stage could not deal with it and said why.</summary>
    Refused,

    /// <summary>No consumer lived to say anything.</summary>
    Poison,

    /// <summary>It is no batch, or damaged.</summary>
    Unreadable,
}
