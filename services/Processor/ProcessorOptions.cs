using System.ComponentModel.DataAnnotations;
using Ingest.Messaging;

namespace Ingest.Processor;

/// <summary>Section <c>Processor</c> of the configuration.</summary>
public sealed class ProcessorOptions
{
    public const string Section = "Processor";

    /// <summary>Batches of a pipeline that are processed at a time; 0 means one for each core.</summary>
    [Range(0, 1024)]
    public int Parallelism { get; set; }

    /// <summary>Bytes of batches that a pipeline may hold unacknowledged.</summary>
    [Range(1024 * 1024, 4L * 1024 * 1024 * 1024)]
    public long PrefetchBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>
    /// A pipeline whose output finds no way for this long holds nothing more: a broker ends a channel that keeps its
    /// messages for half an hour.
    /// </summary>
    [DurationRange("00:00:01", "00:25:00")]
    public TimeSpan ReleaseAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The wait before a pipeline that stopped is tried again.</summary>
    [DurationRange("00:00:00.010", "01:00:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the rows of a suspect may wait for their confirm while nothing else is processed.</summary>
    [DurationRange("00:00:00.100", "00:05:00")]
    public TimeSpan SuspectPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a shutdown waits for the output of what was processed to be confirmed.</summary>
    [DurationRange("00:00:00", "00:00:25")]
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(20);
}
