using System.ComponentModel.DataAnnotations;
using System.Net;
using Ingest.Compression;
using Ingest.Messaging;

namespace Ingest.Gateway;

/// <summary>Section <c>Gateway</c> of the configuration.</summary>
public sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>The address that all pipelines' ports listen on; loopback unless somebody decides otherwise.</summary>
    [Required, CustomValidation(typeof(GatewayOptions), nameof(CheckAddress))]
    public string ListenAddress { get; set; } = "127.0.0.1";

    /// <summary>Permissions of the pipelines' Unix domain sockets, in octal as chmod takes them; to connect takes the right to write.</summary>
    [Required, RegularExpression("^[0-7]{3}$", ErrorMessage = "SocketMode must be three octal digits, such as 600 or 660.")]
    public string SocketMode { get; set; } = "600";

    /// <summary>How long a line may wait for others to share its batch while earlier ones are in flight.</summary>
    [DurationRange("00:00:00", "00:00:10")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Connections and requests to one pipeline at a time; one more is reset, or answered with 429.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnectionsPerPipeline { get; set; } = 10_000;

    /// <summary>Requests with lines at a time, to all pipelines together; one more is answered with 429. Some more connections are left for probes.</summary>
    [Range(1, 1_000_000)]
    public int MaxHttpConnections { get; set; } = 1_000;

    /// <summary>How long a producer may send nothing before it is told how far it came; zero for as long as it likes.</summary>
    [DurationRange("00:00:00", "7.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// Bytes that a pipeline's connections may hold of batches being received; past that they go on in small ones. Each
    /// connection has 8 KiB of its own besides.
    /// </summary>
    [Range(2 * 1024 * 1024, 64L * 1024 * 1024 * 1024)]
    public long ReceiveBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Bytes that a pipeline's connections may hold besides of lines longer than a batch; one such line is always received.</summary>
    [Range(0, 64L * 1024 * 1024 * 1024)]
    public long LongLineBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long a connection may keep the end of a long line back while others wait for its room; then it is reset.</summary>
    [DurationRange("00:00:00.1", "1.00:00:00")]
    public TimeSpan ProgressDeadline { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Bytes that all connections together may hold to decompress what they receive; one window of
    /// <see cref="MaxDecompressionWindowBytes"/> always has room.
    /// </summary>
    [Range(16 * 1024 * 1024, 1024L * 1024 * 1024 * 1024)]
    public long DecompressionBytes { get; set; } = 512 * 1024 * 1024;

    /// <summary>The largest window (zstd) or dictionary (xz) that is decompressed; 2147483648 for what <c>zstd --long=31</c> makes.</summary>
    [Range(1024 * 1024, 4L * 1024 * 1024 * 1024)]
    public long MaxDecompressionWindowBytes { get; set; } = DecompressionLimits.DefaultMaxWindowBytes;

    /// <summary>How long a connection waits for memory to decompress with while others hold it; then its receipt says so.</summary>
    [DurationRange("00:00:00", "1.00:00:00")]
    public TimeSpan DecompressionWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many bytes may come of each compressed one, once a GiB has: more is taken for an attack.</summary>
    [Range(10, 1_000_000_000)]
    public int MaxExpansion { get; set; } = 1_000;

    /// <summary>How long a shutdown waits for what was received to be confirmed.</summary>
    [DurationRange("00:00:00", "00:00:25")]
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a producer that does not read may keep its receipt waiting.</summary>
    [DurationRange("00:00:00.001", "00:05:00")]
    public TimeSpan ReceiptTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a receipt waits for commits (<c>acknowledge: committed</c>) before it says <c>queued</c>.</summary>
    [DurationRange("00:00:00.001", "1.00:00:00")]
    public TimeSpan CommitTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a commit's notice may take before the writers are asked for it.</summary>
    [DurationRange("00:00:00.001", "00:10:00")]
    public TimeSpan InquireAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Batches of a pipeline that may wait for their commits (<c>acknowledge: committed</c>); past that its sources wait.</summary>
    [Range(1, 10_000_000)]
    public int MaxUncommittedBatches { get; set; } = 50_000;

    /// <summary>How long a listener that lines are fetched from (<c>connect</c>) may take to answer.</summary>
    [DurationRange("00:00:00.001", "00:05:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The wait before such a listener is connected to again; it doubles while no bytes come, and half of it is jitter.</summary>
    [DurationRange("00:00:00.010", "01:00:00")]
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>What that wait grows to.</summary>
    [DurationRange("00:00:00.010", "1.00:00:00")]
    public TimeSpan LongestReconnectDelay { get; set; } = TimeSpan.FromSeconds(30);

    internal DecompressionLimits Decompression => new()
    {
        Bytes = DecompressionBytes,
        MaxWindowBytes = MaxDecompressionWindowBytes,
        Wait = DecompressionWait,
        MaxExpansion = MaxExpansion,
    };

    public static ValidationResult? CheckAddress(string address, ValidationContext context) =>
        IPAddress.TryParse(address, out _) ? ValidationResult.Success : new($"'{address}' is not an IP address.", [context.MemberName!]);
}
