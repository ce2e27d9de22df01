using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// Asks the broker, over one channel that is kept, how many messages lie in a pipeline's queues: full batches, each of
/// which has its own, and what small ones share.
/// </summary>
internal sealed class WaitingCount(Broker broker)
{
    /// <summary>Asking for a queue that is not there closes the channel, and the broker logs it each time.</summary>
    private static readonly TimeSpan AskForMissingEvery = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, long> _missing = [];
    private readonly ByteBudget _turn = new(1);
    private IChannel? _channel;

    /// <summary>Null while the broker or one of the queues is away.</summary>
    public async Task<long?> ReadAsync(string pipeline, CancellationToken cancellationToken)
    {
        await _turn.AcquireAsync(1, cancellationToken);
        try
        {
            if (_missing.TryGetValue(pipeline, out var since) && broker.Time.GetElapsedTime(since) < AskForMissingEvery)
                return null;
            if (_channel is not { IsOpen: true })
            {
                if (_channel is not null)
                    await _channel.DisposeAsync();
                _channel = null;
                _channel = await broker.Consuming.OpenChannelAsync(new(false, false), cancellationToken);
            }

            return await _channel.MessageCountAsync(Topology.QueueName<LineBatch>(pipeline), cancellationToken)
                + await _channel.MessageCountAsync(Topology.QueueName<RowBatch>(pipeline), cancellationToken);
        }
        catch (OperationInterruptedException refusal) when (refusal.ShutdownReason?.ReplyCode == 404)
        {
            _missing[pipeline] = broker.Time.GetTimestamp();
            return null;
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
