using System.Diagnostics;
using Ingest.Writer;

namespace Ingest.Cli.Load;

/// <summary>Counts what became of the lines, from the commits.</summary>
internal sealed class LoadReport : ICommitListener
{
    private readonly Lock _lock = new();
    private readonly DateTime _processStart = Process.GetCurrentProcess().StartTime.ToUniversalTime();

    /// <summary>Lines that the ledger knew: from an earlier run, or from a commit whose answer was lost.</summary>
    public long Already { get; private set; }

    public long Written { get; private set; }

    public long Duplicate { get; private set; }

    public long Filtered { get; private set; }

    public long Rejected { get; private set; }

    public long Lines => Already + Written + Duplicate + Filtered + Rejected;

    /// <summary>Bytes read from the sources that have ended, after decompression.</summary>
    public long Bytes { get; private set; }

    /// <summary>From the start of the process to the last commit.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>A source has ended.</summary>
    /// <param name="bytes">Bytes read, after decompression.</param>
    /// <param name="passedOver">Lines that were not even read, because the ledger has them.</param>
    public void Ended(long bytes, long passedOver)
    {
        lock (_lock)
        {
            Bytes += bytes;
            Already += passedOver;
            Elapsed = DateTime.UtcNow - _processStart;
        }
    }

    public void Committed(string pipeline, CommittedBatch batch)
    {
        lock (_lock)
        {
            Already += batch.Already ? batch.Lines : 0;
            Written += batch.Written;
            Duplicate += batch.Duplicate;
            Filtered += batch.Filtered;
            Rejected += batch.Rejected;
            Elapsed = DateTime.UtcNow - _processStart;
        }
    }
}
