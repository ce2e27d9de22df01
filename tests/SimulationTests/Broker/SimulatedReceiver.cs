using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Ingest.Messaging;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Broker;

/// <summary>
/// Consumes one queue and consumes again when its channel was lost. A delivery keeps the channel it came on; when that
/// is gone its settling reaches nobody.
/// </summary>
internal sealed class SimulatedReceiver<T>(World world, SimulatedProcess process, string pipeline, int prefetch) : IBatchReceiver<T>
    where T : class, IBatch<T>
{
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);

    /// <summary>When a consumer that hears nothing looks whether it still is one.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>When the broker gives a client up that does not answer.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private readonly BrokerQueue _queue = world.Broker.Queue<T>(pipeline);
    private readonly Channel<SimulatedDelivery<T>> _arrived = Channel.CreateUnbounded<SimulatedDelivery<T>>();
    private readonly CancellationTokenSource _stopped = new();
    private BrokerChannel? _channel;
    private bool _consuming;

    private Random Chances => world.Broker.Chances;

    /// <summary>Its memory has no limit.</summary>
    public bool IsFull => false;

    public async ValueTask<Delivery<T>> ReceiveAsync(CancellationToken cancellationToken)
    {
        Consume();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        return await _arrived.Reader.ReadAsync(either.Token);
    }

    public bool TryReceive([NotNullWhen(true)] out Delivery<T>? delivery)
    {
        delivery = !_stopped.IsCancellationRequested && _arrived.Reader.TryRead(out var next) ? next : null;
        return delivery is not null;
    }

    public async Task StopAsync()
    {
        _stopped.Cancel();
        if (_channel is { } channel)
            channel.Delivers = false;
        while (_arrived.Reader.TryRead(out var unreceived))
            await unreceived.RequeueAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _channel?.Close();
    }

    private void Consume()
    {
        if (_consuming)
            return;
        _consuming = true;
        process.Died += () => world.After(world.Faults.Delay(Chances), () => _channel?.Close());
        process.FreezeChanged += frozen =>
        {
            if (frozen)
                world.After(Heartbeat, CloseIfStillFrozen);
        };
        Open();
    }

    private void CloseIfStillFrozen()
    {
        if (!process.IsFrozen)
            return;
        world.Simulator.Met.Add(Encounter.HeartbeatLost);
        _channel?.Close();
    }

    private void Open()
    {
        if (_stopped.IsCancellationRequested || process.IsDead)
            return;
        _channel = _queue.Consume(process, prefetch, Arrive);
        _channel.Closed += () =>
        {
            world.After(world.Faults.Delay(Chances), ForgetLost);
            world.After(ReconnectDelay, Open);
        };
    }

    /// <summary>What came over a channel that is gone, and was not received, comes again.</summary>
    private void ForgetLost()
    {
        for (var left = _arrived.Reader.Count; left > 0 && _arrived.Reader.TryRead(out var delivery); left--)
        {
            if (delivery.IsAlive)
                _arrived.Writer.TryWrite(delivery);
        }
    }

    private void Arrive(BrokerChannel channel, ulong tag, StoredMessage message)
    {
        var faults = world.Faults;
        process.Time.CreateTimer(_ => Take(channel, tag, message), null, faults.Delay(Chances), Timeout.InfiniteTimeSpan);
        if (faults.Strikes(faults.ChannelClosed, Encounter.ChannelClosed, Chances))
            world.After(faults.Delay(Chances) * 3, channel.Close);
        if (faults.Strikes(faults.ConsumerLost, Encounter.ConsumerLost, Chances))
        {
            channel.Delivers = false;
            world.After(Silence, channel.Close);
        }
    }

    private void Take(BrokerChannel channel, ulong tag, StoredMessage message)
    {
        var delivery = new SimulatedDelivery<T>(world, _queue, channel, () => _channel, tag, message);
        if (_stopped.IsCancellationRequested)
            delivery.Return();
        else
            _arrived.Writer.TryWrite(delivery);
    }
}
