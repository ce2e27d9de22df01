using System.Collections;
using Ingest.Messaging;

namespace Ingest.Writer;

/// <summary>What a writer holds unacknowledged, in the order of delivery.</summary>
internal sealed class HeldBatches : IEnumerable<HeldBatch>
{
    private readonly OrderedDictionary<Guid, HeldBatch> _batches = [];

    /// <summary>How many deliveries, copies counted each.</summary>
    public int Deliveries { get; private set; }

    public HeldBatch this[Guid id] => _batches[id];

    public HeldBatch Add(Delivery<RowBatch> delivery)
    {
        Deliveries++;
        if (_batches.TryGetValue(delivery.Batch.Id, out var held))
            held.Add(delivery);
        else
            _batches.Add(delivery.Batch.Id, held = new HeldBatch(delivery));
        return held;
    }

    /// <summary>Settles all copies of a batch, whose memory must not be read any more.</summary>
    public async Task SettleAsync(HeldBatch batch, Func<Delivery<RowBatch>, ValueTask> settle)
    {
        _batches.Remove(batch.Id);
        Deliveries -= batch.Copies.Count;
        foreach (var copy in batch.Copies)
            await settle(copy);
    }

    public async Task RequeueAllAsync()
    {
        foreach (var batch in this.ToArray())
            await SettleAsync(batch, copy => copy.RequeueAsync());
    }

    public IEnumerator<HeldBatch> GetEnumerator() => _batches.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
