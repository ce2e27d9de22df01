using System.ComponentModel.DataAnnotations;

namespace Ingest.Messaging;

/// <summary>How a stage sends batches on. Section <c>Publisher</c> of the configuration.</summary>
public sealed class PublisherOptions
{
    public const string Section = "Publisher";

    /// <summary>Bytes of batches that a pipeline may have sent without a confirm yet.</summary>
    [Range(1024 * 1024, 1024L * 1024 * 1024)]
    public long InFlightBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>The first wait after a refused batch; it doubles with each further refusal.</summary>
    [DurationRange("00:00:00.001", "00:01:00")]
    public TimeSpan FirstProbeDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    [DurationRange("00:00:00.001", "00:05:00")]
    public TimeSpan LongestProbeDelay { get; set; } = TimeSpan.FromSeconds(2);
}
