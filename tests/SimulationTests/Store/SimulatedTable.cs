using Ingest.Messaging;

namespace Ingest.SimulationTests.Store;

/// <summary>One pipeline's table with its ledger: what is committed.</summary>
internal sealed class SimulatedTable
{
    public Dictionary<Guid, CommittedEntry> Ledger { get; } = [];

    public List<StoredSegment> Segments { get; } = [];

    public Dictionary<Guid, SourceEnd> Sources { get; } = [];

    public List<StoredReject> Rejects { get; } = [];

    public List<StoredRow> Rows { get; } = [];

    /// <summary>The keys in the table, where it has one.</summary>
    public HashSet<long> Keys { get; } = [];

    public void Apply(Transaction transaction, bool hasKey)
    {
        foreach (var entry in transaction.Batches)
        {
            Ledger.TryAdd(entry.Batch, entry);
            Segments.AddRange(entry.Segments);
        }

        foreach (var row in transaction.Rows)
        {
            if (hasKey && !Keys.Add(row.Key))
                Rows.RemoveAll(r => r.Key == row.Key);
            Rows.Add(row);
        }

        Rejects.AddRange(transaction.Rejects);
        foreach (var (_, end) in transaction.Ends)
            Sources[end.SourceId] = end;
    }
}
