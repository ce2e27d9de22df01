using System.ComponentModel.DataAnnotations;

namespace Ingest.Messaging.RabbitMq;

/// <summary>How to reach the broker. Section <c>RabbitMq</c>; the address is <c>ConnectionStrings:RabbitMq</c>.</summary>
public sealed class RabbitMqOptions
{
    public const string Section = "RabbitMq";

    /// <summary>An amqp:// or amqps:// URI; the path <c>/</c> means the virtual host <c>/</c>.</summary>
    public Uri Uri { get; set; } = new("amqp://guest:guest@127.0.0.1:5672/");

    /// <summary>After this long without a confirm the connection counts as hung and is built anew.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait between two attempts to connect.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How bodies are compressed.</summary>
    public BodyCompression Compression { get; set; } = BodyCompression.Lz4;
}

/// <summary>How a body is compressed. The numbers are part of the wire format.</summary>
public enum BodyCompression : byte
{
    None = 0,
    Lz4 = 1,
    Zstd = 2,
}
