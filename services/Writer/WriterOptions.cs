using System.ComponentModel.DataAnnotations;
using Ingest.Messaging;

namespace Ingest.Writer;

/// <summary>Section <c>Writer</c> of the configuration; the database is <c>ConnectionStrings:Database</c>.</summary>
public sealed class WriterOptions
{
    public const string Section = "Writer";

    /// <summary>Rows after which a transaction takes no further batch; fewer where the table is slow (<see cref="TransactionLimit"/>).</summary>
    [Range(1, 10_000_000)]
    public int MaxTransactionRows { get; set; } = 30_000;

    /// <summary>Bytes after which a transaction takes no further batch. Two of them fit what a receiver may hold (<c>RabbitMq__HeldBytes</c>).</summary>
    [Range(1024 * 1024, 1024L * 1024 * 1024)]
    public long MaxTransactionBytes { get; set; } = 12 * 1024 * 1024;

    /// <summary>
    /// Transactions of a pipeline that may be under way at a time, each over a connection of its own: a further one begins
    /// where a full one's batches wait, so that rows are copied while others commit. With <c>on_duplicate: update</c>, and
    /// in SQLite, one follows the other.
    /// </summary>
    [Range(1, 16)]
    public int Connections { get; set; } = 2;

    /// <summary>Bytes of batches that a pipeline may hold unacknowledged.</summary>
    [Range(1024 * 1024, 4L * 1024 * 1024 * 1024)]
    public long PrefetchBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The first wait when the database is away; it doubles up to <see cref="LongestRetryDelay"/>.</summary>
    [DurationRange("00:00:00.001", "00:10:00")]
    public TimeSpan FirstRetryDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    [DurationRange("00:00:00.001", "00:10:00")]
    public TimeSpan LongestRetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The wait between two looks at a database that refuses.</summary>
    [DurationRange("00:00:00.001", "01:00:00")]
    public TimeSpan RefusalRetryDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a pipeline that cannot write holds its batches before they go back to the queue.</summary>
    [DurationRange("00:00:00.001", "00:25:00")]
    public TimeSpan ReleaseAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>With <c>on_duplicate: update</c>, how long a batch waits for the one before it in its source.</summary>
    [DurationRange("00:00:00", "00:25:00")]
    public TimeSpan OrderPatience { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The same while the writer may hold no more batches: it would wait in vain for one that is still in its queue.
    /// </summary>
    [DurationRange("00:00:00.001", "00:25:00")]
    public TimeSpan OrderPatienceWhenFull { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a shutdown waits for the transaction at hand.</summary>
    [DurationRange("00:00:00", "00:00:25")]
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(20);
}
