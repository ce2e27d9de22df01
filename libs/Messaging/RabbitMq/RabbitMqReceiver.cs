using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// Consumes one queue with manual acknowledgements, and consumes again whenever the channel was lost. What came back
/// from its consumers too often becomes a suspect: it is set aside and tried later, one at a time.
/// </summary>
internal sealed partial class RabbitMqReceiver<T> : IBatchReceiver<T>, IHolder<T> where T : class, IBatch<T>
{
    private static readonly CreateChannelOptions WithoutConfirms = new(false, false);
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly Broker _broker;
    private readonly RabbitMqOptions _options;
    private readonly string _pipeline;
    private readonly int _prefetch;
    private readonly string _queue;
    private readonly Undertaker _undertaker;
    private readonly Trial _trial;
    private readonly ByteBudget _memory;

    // The prefetch bounds it.
    private readonly Channel<RabbitMqDelivery<T>> _arrived = Channel.CreateUnbounded<RabbitMqDelivery<T>>();
    private readonly CancellationTokenSource _stopped = new();
    private readonly InFlight _moving = new();
    private readonly Lock _lock = new();
    private Task? _consuming;

    /// <summary>The last one that was handed out.</summary>
    private RabbitMqDelivery<T>? _suspect;
    private Acknowledgements? _source;
    private DateTimeOffset _lastWarning = DateTimeOffset.MinValue;
    private DateTimeOffset _lastArrival;
    private DateTimeOffset? _failingSince;
    private int _held;

    public RabbitMqReceiver(Broker broker, string pipeline, int prefetchMessages)
    {
        (_broker, _options, _pipeline, _prefetch) = (broker, broker.Options, pipeline, prefetchMessages);
        _queue = Topology.QueueName<T>(pipeline);
        _undertaker = new Undertaker(broker, pipeline, _queue);
        _trial = new Trial(broker);
        _memory = new ByteBudget(_options.HeldBytes);
    }

    public bool IsFull => _memory.IsWaitedFor && _arrived.Reader.Count == 0;

    public async ValueTask<Delivery<T>> ReceiveAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            _consuming ??= RunAsync();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        while (true)
        {
            var delivery = await _arrived.Reader.ReadAsync(either.Token);
            if (delivery.IsAlive)
                return delivery.IsSuspect ? _suspect = delivery : delivery;
            delivery.Forget();
        }
    }

    public bool TryReceive([NotNullWhen(true)] out Delivery<T>? delivery)
    {
        delivery = null;
        if (_suspect is { Settled.IsCompleted: false })
            return false;
        while (!_stopped.IsCancellationRequested && _arrived.Reader.TryRead(out var next))
        {
            if (next is { IsAlive: true, IsSuspect: true })
            {
                _arrived.Writer.TryWrite(next);
                return false;
            }

            if (next.IsAlive)
            {
                delivery = next;
                return true;
            }

            next.Forget();
        }

        return false;
    }

    public async Task StopAsync()
    {
        await _stopped.CancelAsync();
        if (_consuming is not null)
            await _consuming;
        await ReturnUnreceivedAsync();
        await _moving.None;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_source is not null)
            await _source.DisposeAsync();
    }

    Task<bool> IHolder<T>.TryMoveAsync(RabbitMqDelivery<T> suspect) => TryReleaseAsync(suspect);

    async Task<bool> IHolder<T>.TryBuryAsync(T batch, string reason) => await TryAsync(() => _undertaker.BuryAsync(batch, reason, BurialCause.Refused));

    void IHolder<T>.Released(long bytes) => Release(bytes);

    private void Release(long bytes)
    {
        _memory.Release(bytes);
        Interlocked.Decrement(ref _held);
    }

    /// <summary>What nobody foresaw reaches those who wait for a delivery, instead of leaving them waiting.</summary>
    private async Task RunAsync()
    {
        try
        {
            await ConsumeAsync();
        }
        catch (Exception unforeseen)
        {
            _arrived.Writer.TryComplete(unforeseen);
        }
    }

    private async Task ConsumeAsync()
    {
        while (!_stopped.IsCancellationRequested)
        {
            var pause = _options.ReconnectDelay;
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
            try
            {
                await QueueDeclaration.DeclareAsync<T>(_broker, _broker.Consuming, _pipeline, _stopped.Token);
                _source = new Acknowledgements(await _broker.Consuming.OpenChannelAsync(WithoutConfirms, _stopped.Token), _broker.Time);
                await ConsumeUntilLostAsync(_source, ending);
                _trial.Lived();
            }
            catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
            {
                await ending.CancelAsync();
                return;
            }
            catch (Exception refused) when (refused is QueueMismatchException or UnknownBatchVersionException)
            {
                Warn(refused.Message);
                pause = _options.RefusalRetryDelay;

                // A copy whose original cannot be acknowledged any more would be one too many, each time.
                await ending.CancelAsync();
                await _moving.None;
            }
            catch (Exception failure) when (failure is SendFailedException
                || RabbitMqConnection.IsConnectionFailure(failure, CancellationToken.None))
            {
                _trial.Lived();
                Warn(RabbitMqConnection.Reason(failure));
                ReportIfLasting(RabbitMqConnection.Reason(failure));
            }

            if (_source is { } lost)
            {
                _source = null;
                await ending.CancelAsync();
                await lost.DisposeAsync();
                ForgetLost();
            }

            try
            {
                await Task.Delay(pause, _broker.Time, _stopped.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>What came over a channel that is gone comes again; nobody may be there to receive it meanwhile.</summary>
    private void ForgetLost()
    {
        for (var left = _arrived.Reader.Count; left > 0 && _arrived.Reader.TryRead(out var delivery); left--)
        {
            if (delivery.IsAlive)
                _arrived.Writer.TryWrite(delivery);
            else
                delivery.Forget();
        }
    }

    /// <summary>Ends in silence when the channel or its consumer is gone, and with a cancellation when stopped.</summary>
    /// <exception cref="UnknownBatchVersionException">The queue holds what only another build can read.</exception>
    private async Task ConsumeUntilLostAsync(Acknowledgements source, CancellationTokenSource ending)
    {
        var channel = source.Channel;
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // Completed when the broker delivers nothing more here.
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // What happens to the channel later asks it, when its source is gone.
        var token = ending.Token;
        channel.ChannelShutdownAsync += async (_, shutdown) =>
        {
            lost.TrySetResult();
            cancelled.TrySetResult();
            if (token.IsCancellationRequested)
                return;
            Warn(shutdown.ReplyText);
            await ending.CancelAsync();
        };
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, message) => ArriveAsync(source, message, lost, cancelled.Task, token);
        consumer.UnregisteredAsync += (_, _) =>
        {
            lost.TrySetResult();
            return Task.CompletedTask;
        };

        // Suspects first: what kills its consumer must not drag down one that waits.
        await TrySuspectsAsync(source, lost.Task);
        await channel.BasicQosAsync(0, (ushort)_prefetch, global: false, _stopped.Token);
        _lastArrival = _broker.Time.GetUtcNow();
        var tag = await channel.BasicConsumeAsync(_queue, autoAck: false, consumer, _stopped.Token);
        LogConsuming(_broker.Logger, _queue, _prefetch);
        _failingSince = null;
        _broker.Problems?.Resolve(ConsumerPlace);
        try
        {
            while (!await EndsSoonAsync(lost.Task))
            {
                _broker.Problems?.Resolve(VersionPlace);
                await TrySuspectsAsync(source, lost.Task);
                if (await IsForgottenAsync(channel))
                {
                    Warn("the queue holds batches and delivers none");
                    return;
                }
            }

            await lost.Task;
        }
        catch (Exception end) when (end is OperationCanceledException or UnknownBatchVersionException)
        {
            // What was received may still be settled: the channel stays.
            await ending.CancelAsync();
            await CancelConsumerAsync(channel, tag);
            throw;
        }
        finally
        {
            cancelled.TrySetResult();
        }
    }

    private static async Task CancelConsumerAsync(IChannel channel, string tag)
    {
        if (!channel.IsOpen)
            return;
        try
        {
            await channel.BasicCancelAsync(tag, noWait: false, CancellationToken.None);
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, CancellationToken.None))
        {
            // The consumer went with its channel, or goes with it.
        }
    }

    /// <summary>Waits for a while, or until there is a suspect to try.</summary>
    private async Task<bool> EndsSoonAsync(Task lost)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
        await Task.WhenAny(lost, _trial.SuspectMoved, Task.Delay(_options.SilenceTimeout, _broker.Time, waiting.Token));
        await waiting.CancelAsync();
        _stopped.Token.ThrowIfCancellationRequested();
        return lost.IsCompleted;
    }

    /// <summary>A broker may forget a consumer without a word: the queue holds something, and there is room for it.</summary>
    private async Task<bool> IsForgottenAsync(IChannel channel)
    {
        var last = _lastArrival;
        if (_broker.Time.GetUtcNow() - last < _options.SilenceTimeout || Volatile.Read(ref _held) > 0)
            return false;
        if (await channel.MessageCountAsync(_queue, _stopped.Token) == 0)
            return false;
        await Task.Delay(_options.ReconnectDelay, _broker.Time, _stopped.Token);
        return _lastArrival == last;
    }

    private async Task ReturnUnreceivedAsync()
    {
        while (_arrived.Reader.TryRead(out var unreceived))
            await unreceived.RequeueAsync();
    }

    private string ConsumerPlace => $"{_queue} consumer";

    /// <summary>A queue may be beyond use while its broker answers, for want of a leader for instance.</summary>
    private void ReportIfLasting(string reason)
    {
        var now = _broker.Time.GetUtcNow();
        _failingSince ??= now;
        if (now - _failingSince >= _options.SilenceTimeout)
            _broker.Problems?.Report(ConsumerPlace, $"Pipeline {_pipeline}: {_queue} cannot be consumed: {reason}", needsHelp: false);
    }

    private void Warn(string reason)
    {
        var now = _broker.Time.GetUtcNow();
        if (now - _lastWarning < BetweenWarnings)
            return;
        _lastWarning = now;
        LogNotConsuming(_broker.Logger, _queue, reason);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Consuming {Queue}, at most {Prefetch} messages at a time")]
    private static partial void LogConsuming(ILogger logger, string queue, int prefetch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not consuming {Queue}, trying again: {Reason}")]
    private static partial void LogNotConsuming(ILogger logger, string queue, string reason);
}
