using System.Collections;
using System.Runtime.InteropServices;
using Ingest.Messaging;

namespace Ingest.Writer;

/// <summary>What a writer holds unacknowledged, in the order of delivery.</summary>
internal sealed class HeldBatches : IEnumerable<HeldBatch>
{
    private readonly OrderedDictionary<Guid, HeldBatch> _batches = [];
    private readonly Dictionary<object, int> _units = [];

    /// <summary>How many deliveries as the prefetch counts them: copies each, batches that share a message once.</summary>
    public int Units => _units.Count;

    public HeldBatch this[Guid id] => _batches[id];

    public HeldBatch Add(Delivery<RowBatch> delivery)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_units, delivery.Unit, out _)++;
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
        foreach (var copy in batch.Copies)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(_units, copy.Unit) == 0)
                _units.Remove(copy.Unit);
            await settle(copy);
        }
    }

    public async Task RequeueAllAsync()
    {
        foreach (var batch in this.ToArray())
            await SettleAsync(batch, copy => copy.RequeueAsync());
    }

    public IEnumerator<HeldBatch> GetEnumerator() => _batches.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
