using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Broker;

/// <summary>One consumer's channel as the broker sees it. What is unacknowledged when it closes goes back to its queue.</summary>
internal sealed class BrokerChannel(BrokerQueue queue, SimulatedProcess process, int prefetch, Action<BrokerChannel, ulong, StoredMessage> arrive)
{
    private readonly SortedDictionary<ulong, StoredMessage> _unacknowledged = [];
    private ulong _lastTag;

    /// <summary>Heard once, whoever closed it.</summary>
    public event Action? Closed;

    public SimulatedProcess Process => process;

    public bool IsOpen { get; private set; } = true;

    /// <summary>False when the broker has forgotten the consumer, and the consumer does not know.</summary>
    public bool Delivers { get; set; } = true;

    public bool HasRoom => IsOpen && Delivers && _unacknowledged.Count < prefetch;

    public int Unacknowledged => _unacknowledged.Count;

    public void Deliver(StoredMessage message)
    {
        var tag = ++_lastTag;
        _unacknowledged.Add(tag, message);
        arrive(this, tag, message);
    }

    /// <returns>The message that is settled, or null when the channel has closed or the tag is settled already.</returns>
    public StoredMessage? Settle(ulong tag) => IsOpen && _unacknowledged.Remove(tag, out var message) ? message : null;

    public void Close()
    {
        if (!IsOpen)
            return;
        IsOpen = false;
        foreach (var message in _unacknowledged.Values.Reverse())
            queue.Return(message);
        _unacknowledged.Clear();
        queue.Forget(this);
        Closed?.Invoke();
    }
}
