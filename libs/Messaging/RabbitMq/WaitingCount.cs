using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>Asks the broker, over one channel that is kept, how many batches lie in a pipeline's queues.</summary>
internal sealed class WaitingCount(RabbitMqConnection connection)
{
    private readonly ByteBudget _turn = new(1);
    private IChannel? _channel;

    /// <summary>Null while the broker or one of the queues is away.</summary>
    public async Task<long?> ReadAsync(string pipeline, CancellationToken cancellationToken)
    {
        await _turn.AcquireAsync(1, cancellationToken);
        try
        {
            if (_channel is not { IsOpen: true })
            {
                if (_channel is not null)
                    await _channel.DisposeAsync();
                _channel = null;
                _channel = await connection.OpenChannelAsync(new(false, false), cancellationToken);
            }

            return await _channel.MessageCountAsync(Topology.QueueName<LineBatch>(pipeline), cancellationToken)
                + await _channel.MessageCountAsync(Topology.QueueName<RowBatch>(pipeline), cancellationToken);
        }
        catch (SendFailedException)
        {
            return null;
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, cancellationToken))
        {
            return null;
        }
        finally
        {
            _turn.Release(1);
        }
    }
}
