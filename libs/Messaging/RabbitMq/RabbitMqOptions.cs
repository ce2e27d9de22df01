using System.ComponentModel.DataAnnotations;

namespace Ingest.Messaging.RabbitMq;

/// <summary>How to reach the broker. Section <c>RabbitMq</c>; the address is <c>ConnectionStrings:RabbitMq</c>.</summary>
public sealed class RabbitMqOptions
{
    public const string Section = "RabbitMq";

    /// <summary>An amqp:// or amqps:// URI; the path <c>/</c> means the virtual host <c>/</c>.</summary>
    public Uri Uri { get; set; } = new("amqp://guest:guest@127.0.0.1:5672/");

    /// <summary>After this long without a confirm the connection counts as hung and is built anew.</summary>
    [DurationRange("00:00:01", "01:00:00")]
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A deadline doubles with each further copy of the same batch, up to this.</summary>
    [DurationRange("00:00:01", "01:00:00")]
    public TimeSpan LongestPublishTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Bytes of batches, unpacked, that a receiver holds; one larger batch is held alone.</summary>
    [Range(1024 * 1024, 4L * 1024 * 1024 * 1024)]
    public long HeldBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>After this long without a delivery a receiver looks whether its queue holds something after all.</summary>
    [DurationRange("00:00:01", "01:00:00")]
    public TimeSpan SilenceTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait before a queue that cannot be used is looked at again.</summary>
    [DurationRange("00:00:01", "01:00:00")]
    public TimeSpan RefusalRetryDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The wait between two attempts to connect.</summary>
    [DurationRange("00:00:00.010", "00:05:00")]
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>So long after a message small batches of rows, or of what a filter left of a named source, wait for each other, to share the next one.</summary>
    [DurationRange("00:00:00", "00:00:01")]
    public TimeSpan GatherFor { get; set; } = TimeSpan.FromMilliseconds(40);

    /// <summary>How bodies are compressed.</summary>
    public BodyCompression Compression { get; set; } = BodyCompression.Zstd;
}

/// <summary>How a body is compressed. The numbers are part of the wire format.</summary>
public enum BodyCompression : byte
{
    None = 0,
    Lz4 = 1,
    Zstd = 2,
}
