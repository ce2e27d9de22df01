namespace Ingest.Writer;

/// <summary>Puts the ledger's rows together again: for each batch one without a source, and one for each segment.</summary>
internal sealed class LedgerEntries
{
    private readonly Dictionary<Guid, List<SegmentCounts>> _batches = [];

    public void Add(Guid batch, Guid? source, long lines, long written, long duplicate, long filtered, long rejected)
    {
        if (!_batches.TryGetValue(batch, out var segments))
            _batches.Add(batch, segments = []);
        if (source is { } id)
            segments.Add(new SegmentCounts(id, lines, written, duplicate, filtered, rejected));
    }

    public IReadOnlyList<CommittedBatch> ToBatches() =>
        [.. _batches.Select(b => CommittedBatch.Of(b.Key, already: true, b.Value))];
}
