using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Broker;

/// <summary>A durable queue with competing consumers. When it is full it refuses.</summary>
internal sealed class BrokerQueue(World world, string name, long longestBytes, Random chances)
{
    private readonly List<StoredMessage> _ready = [];
    private readonly List<BrokerChannel> _channels = [];
    private readonly Dictionary<Guid, StoredMessage> _everStored = [];
    private bool _pumping;

    public string Name => name;

    public bool IsEmpty => _ready.Count == 0 && _channels.All(c => c.Unacknowledged == 0);

    public long Bytes { get; private set; }

    public bool HasStored(Guid batch) => _everStored.ContainsKey(batch);

    /// <summary>Lines of the source that were ever safe here.</summary>
    public long LinesOf(Guid sourceId) =>
        _everStored.Values.Sum(m => m.Segments.Where(s => s.SourceId == sourceId).Sum(s => (long)s.Lines));

    public bool TryStore(StoredMessage message)
    {
        if (Bytes >= longestBytes)
        {
            world.Simulator.Met.Add(Encounter.QueueFull);
            return false;
        }

        _everStored.TryAdd(message.Id, message);
        _ready.Add(message);
        Bytes += message.Bytes;
        world.Simulator.Note($"{name} stores {message.Id}");
        Pump();
        return true;
    }

    public BrokerChannel Consume(SimulatedProcess process, int prefetch, Action<BrokerChannel, ulong, StoredMessage> arrive)
    {
        var channel = new BrokerChannel(this, process, prefetch, arrive);
        _channels.Add(channel);
        Pump();
        return channel;
    }

    /// <param name="channel">The channel on which the tag means a message.</param>
    /// <param name="tag">The message's tag.</param>
    /// <param name="meant">The batch that the consumer means.</param>
    public void Acknowledge(BrokerChannel channel, ulong tag, Guid meant)
    {
        if (channel.Settle(tag) is { } message)
        {
            if (message.Id != meant)
                world.Violations.Add(6, $"{name}: {message.Id} is acknowledged, and {meant} was meant");
            Bytes -= message.Bytes;
            world.Simulator.Note($"{name} forgets {message.Id}");
            Pump();
        }
    }

    public void Requeue(BrokerChannel channel, ulong tag)
    {
        if (channel.Settle(tag) is { } message)
            Return(message);
    }

    public void Return(StoredMessage message)
    {
        message.Returns++;
        _ready.Insert(0, message);
        Pump();
    }

    public override string ToString() =>
        $"{_ready.Count} ready, {string.Join(" and ", _channels.Select(c => $"{c.Unacknowledged} with {c.Process}{(c.Delivers ? "" : " forgotten")}"))}";

    public void Forget(BrokerChannel channel) => _channels.Remove(channel);

    /// <summary>Closes a channel that chance picks, as an operator or a network may.</summary>
    public void CloseAny()
    {
        if (_channels.Count > 0)
            _channels[chances.Next(_channels.Count)].Close();
    }

    /// <summary>Hands out what is there, a little later: whoever calls is in the middle of something.</summary>
    private void Pump()
    {
        if (_pumping)
            return;
        _pumping = true;
        world.After(TimeSpan.Zero, () =>
        {
            _pumping = false;
            while (_ready.Count > 0 && _channels.Where(c => c.HasRoom).ToArray() is { Length: > 0 } willing)
            {
                var index = world.Faults.Strikes(world.Faults.Reorder, Encounter.Reordered, chances) ? chances.Next(_ready.Count) : 0;
                var message = _ready[index];
                _ready.RemoveAt(index);
                willing[chances.Next(willing.Length)].Deliver(message);
            }
        });
    }
}
