using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Ingest.Messaging.RabbitMq;

/// <summary>Puts single messages into queues, confirmed: what moves between a pipeline's queues on its way to the end.</summary>
internal sealed class Courier(RabbitMqConnection connection, TimeSpan deadline, TimeProvider time) : IAsyncDisposable
{
    private static readonly CreateChannelOptions WithConfirms = new(true, true);

    private readonly SemaphoreSlim _opening = new(1);
    private IChannel? _channel;

    /// <summary>Completes when the queue has the message. It tries once, and not at all while the broker blocks publishers.</summary>
    /// <exception cref="SendFailedException">Not stored, or not known to be.</exception>
    public async Task DeliverAsync(string queue, BasicProperties properties, ReadOnlyMemory<byte> body)
    {
        if (connection.IsBlocked)
            throw new SendFailedException("the broker blocks publishers");
        using var late = new CancellationTokenSource(deadline, time);
        try
        {
            var channel = await ChannelAsync(late.Token);
            await channel.BasicPublishAsync("", queue, mandatory: true, properties, body, late.Token);
        }
        catch (PublishException refusal)
        {
            throw new SendFailedException(refusal.IsReturn ? $"queue {queue} does not exist" : $"queue {queue} is full or has no quorum", refusal);
        }
        catch (OperationCanceledException unanswered)
        {
            throw new SendFailedException($"no confirm from queue {queue} within {deadline.TotalSeconds:0} s", unanswered);
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, CancellationToken.None))
        {
            throw new SendFailedException($"the connection was lost: {RabbitMqConnection.Reason(failure)}", failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is not null)
            await _channel.DisposeAsync();
        _opening.Dispose();
    }

    private async Task<IChannel> ChannelAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_channel is { IsOpen: true } open && connection.IsCurrent(open))
                return open;
            // Closing one whose connection does not answer would take as long as an answer may.
            if (_channel is { IsOpen: false })
                await _channel.DisposeAsync();
            _channel = null;
            return _channel = await connection.OpenChannelAsync(WithConfirms, cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }
}
