using Ingest.Messaging;

namespace Ingest.Writer;

/// <summary>How much a transaction holds so far: it is full with the batch that reaches a limit.</summary>
internal sealed class TransactionSize(TransactionLimit limit)
{
    private long _rows;
    private long _bytes;

    public bool IsFull => limit.IsReached(_rows, _bytes);

    public static bool IsFullWith(TransactionLimit limit, IEnumerable<RowBatch> batches)
    {
        var size = new TransactionSize(limit);
        foreach (var batch in batches)
            size.Add(batch);
        return size.IsFull;
    }

    /// <summary>As many of the batches, in order, as one transaction takes.</summary>
    public static List<HeldBatch> Fill(TransactionLimit limit, IEnumerable<HeldBatch> batches, out bool isFull)
    {
        var size = new TransactionSize(limit);
        List<HeldBatch> some = [];
        foreach (var batch in batches)
        {
            if (size.IsFull)
                break;
            size.Add(batch.Batch);
            some.Add(batch);
        }

        isFull = size.IsFull;
        return some;
    }

    public void Add(RowBatch batch)
    {
        _rows += batch.Rows;
        _bytes += batch.Size;
    }
}
