using Ingest.Gateway.Receipts;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Producers;

/// <summary>A TCP connection between a producer and a gateway: what either says arrives later, in order.</summary>
internal sealed class SimulatedConnection(World world, ProducedSource source)
{
    private readonly Queue<Action> _onItsWay = new();
    private SimulatedProcess? _gateway;
    private bool _over;

    /// <summary>The producer hears the receipt.</summary>
    public event Action<Receipt>? Answered;

    /// <summary>The producer hears the end: true for FIN, false for a reset.</summary>
    public event Action<bool>? Ended;

    public ProducedSource Source => source;

    public SimulatedInput Input { get; } = new();

    /// <summary>The gateway's process has taken it; the kernel resets it when the process dies.</summary>
    public void Taken(SimulatedProcess gateway)
    {
        _gateway = gateway;
        gateway.Died += Reset;
    }

    public void Send(Receipt receipt) => Later(() => Answered?.Invoke(receipt));

    public void Finish() => End(orderly: true);

    public void Reset() => End(orderly: false);

    /// <summary>The producer resets it.</summary>
    public void Break()
    {
        _over = true;
        Input.Break("connection reset by peer");
    }

    private void End(bool orderly)
    {
        if (_over)
            return;
        _over = true;
        if (_gateway is not null)
            _gateway.Died -= Reset;
        Later(() => Ended?.Invoke(orderly));
    }

    /// <summary>Nothing overtakes anything.</summary>
    private void Later(Action heard)
    {
        _onItsWay.Enqueue(heard);
        world.After(world.Faults.Latency, () => _onItsWay.Dequeue()());
    }
}
