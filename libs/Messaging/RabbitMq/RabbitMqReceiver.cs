using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Ingest.Messaging.Wire;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// Consumes one queue with manual acknowledgements, and consumes again whenever the channel was lost. A delivery keeps
/// the channel it came on: on any other its tag would mean another message.
/// </summary>
internal sealed partial class RabbitMqReceiver<T>(
    RabbitMqConnection connection, string pipeline, int prefetchMessages, RabbitMqOptions options, TimeProvider time, ILogger logger)
    : IBatchReceiver<T>
    where T : class, IBatch<T>
{
    private static readonly CreateChannelOptions WithoutConfirms = new(false, false);
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly string _queue = Topology.QueueName<T>(pipeline);

    // The prefetch bounds it.
    private readonly Channel<RabbitMqDelivery<T>> _arrived = Channel.CreateUnbounded<RabbitMqDelivery<T>>();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _lock = new();
    private Task? _consuming;
    private IChannel? _channel;
    private DateTimeOffset _lastWarning = DateTimeOffset.MinValue;

    public async ValueTask<Delivery<T>> ReceiveAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            _consuming ??= RunAsync();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        while (true)
        {
            var delivery = await _arrived.Reader.ReadAsync(either.Token);
            if (delivery.IsAlive)
                return delivery;
            delivery.Forget();
        }
    }

    public bool TryReceive([NotNullWhen(true)] out Delivery<T>? delivery)
    {
        delivery = null;
        while (!_stopped.IsCancellationRequested && _arrived.Reader.TryRead(out var next))
        {
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
        while (_arrived.Reader.TryRead(out var unreceived))
            await unreceived.RequeueAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_channel is not null)
            await _channel.DisposeAsync();
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
            try
            {
                await QueueDeclaration.DeclareAsync<T>(connection, pipeline, time, logger, _stopped.Token);
                _channel = await connection.OpenChannelAsync(WithoutConfirms, _stopped.Token);
                await ConsumeUntilLostAsync(_channel);
            }
            catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is SendFailedException or QueueMismatchException
                || RabbitMqConnection.IsConnectionFailure(failure, CancellationToken.None))
            {
                Warn(RabbitMqConnection.Reason(failure));
            }

            if (_channel is { } lost)
            {
                _channel = null;
                await lost.DisposeAsync();
                ForgetLost();
            }

            try
            {
                await Task.Delay(options.ReconnectDelay, time, _stopped.Token);
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
    private async Task ConsumeUntilLostAsync(IChannel channel)
    {
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, message) => ArriveAsync(channel, message);
        consumer.UnregisteredAsync += (_, _) => Lost();
        channel.ChannelShutdownAsync += (_, shutdown) =>
        {
            if (!_stopped.IsCancellationRequested)
                Warn(shutdown.ReplyText);
            return Lost();
        };

        await channel.BasicQosAsync(0, (ushort)prefetchMessages, global: false, _stopped.Token);
        var tag = await channel.BasicConsumeAsync(_queue, autoAck: false, consumer, _stopped.Token);
        LogConsuming(_queue, prefetchMessages);
        try
        {
            await lost.Task.WaitAsync(_stopped.Token);
        }
        catch (OperationCanceledException) when (channel.IsOpen)
        {
            // What was received may still be acknowledged: the channel stays until the receiver is disposed.
            await channel.BasicCancelAsync(tag, noWait: false, CancellationToken.None);
            throw;
        }

        Task Lost()
        {
            lost.TrySetResult();
            return Task.CompletedTask;
        }
    }

    /// <summary>Reads the message while the client still holds its bytes.</summary>
    private async Task ArriveAsync(IChannel channel, BasicDeliverEventArgs message)
    {
        try
        {
            var batch = Body.Unpack<T>(message.Body.Span);
            _arrived.Writer.TryWrite(new RabbitMqDelivery<T>(batch, channel, message.DeliveryTag));
        }
        catch (BatchFormatException unreadable)
        {
            LogUnreadable(_queue, unreadable.Message);
            await channel.BasicRejectAsync(message.DeliveryTag, requeue: false);
        }
    }

    private void Warn(string reason)
    {
        var now = time.GetUtcNow();
        if (now - _lastWarning < BetweenWarnings)
            return;
        _lastWarning = now;
        LogNotConsuming(_queue, reason);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Consuming {Queue}, at most {Prefetch} batches at a time")]
    private partial void LogConsuming(string queue, int prefetch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not consuming {Queue}, trying again: {Reason}")]
    private partial void LogNotConsuming(string queue, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A message of {Queue} is not a batch and goes to the dead queue: {Reason}")]
    private partial void LogUnreadable(string queue, string reason);
}
