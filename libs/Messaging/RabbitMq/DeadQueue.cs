using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Ingest.Messaging.RabbitMq;

/// <summary>One pipeline's dead queue, from outside: who looks takes nothing away, and what is sent back is safe first.</summary>
public sealed class DeadQueue(Uri broker, string pipeline, TimeProvider time) : IAsyncDisposable
{
    private readonly RabbitMqConnection _connection = new(new RabbitMqOptions { Uri = broker }, "ingest dead", null, NullLogger.Instance);

    /// <summary>How many messages the pipeline's queues hold.</summary>
    /// <exception cref="SendFailedException">The broker cannot be reached.</exception>
    public Task<QueueDepths> DepthsAsync(CancellationToken cancellationToken) =>
        QueueDepths.ReadAsync(_connection, pipeline, cancellationToken);

    /// <summary>Whether there is a dead queue: a pipeline that never ran has none, nor has one of another name.</summary>
    /// <exception cref="SendFailedException">The broker cannot be reached.</exception>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        await using var channel = await _connection.OpenChannelAsync(new CreateChannelOptions(false, false), cancellationToken);
        try
        {
            await channel.QueueDeclarePassiveAsync(Topology.DeadQueueName(pipeline), cancellationToken);
            return true;
        }
        catch (OperationInterruptedException refusal) when (refusal.ShutdownReason?.ReplyCode == 404)
        {
            return false;
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, cancellationToken))
        {
            throw ConnectionLost(failure);
        }
    }

    /// <summary>All that is in the queue now, the oldest first.</summary>
    /// <exception cref="SendFailedException">The broker cannot be reached.</exception>
    public async Task<IReadOnlyList<DeadBatch>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new List<DeadBatch>();
        await VisitAsync((batch, _) =>
        {
            found.Add(batch);
            return Task.FromResult(false);
        }, cancellationToken);
        return found;
    }

    /// <summary>Sends the chosen ones back to where they came from, under their own ids: what is in the ledger stays one.</summary>
    /// <returns>Those that are back.</returns>
    /// <exception cref="SendFailedException">The broker does not take one; those before it are back.</exception>
    public async Task<IReadOnlyList<DeadBatch>> RequeueAsync(Func<DeadBatch, bool> choose, CancellationToken cancellationToken)
    {
        var requeued = new List<DeadBatch>();
        await using var courier = new Courier(_connection, new RabbitMqOptions().PublishTimeout, time);
        await VisitAsync(async (batch, message) =>
        {
            // What came straight back is not sent again.
            if (batch.Queue is null || !choose(batch) || requeued.Exists(b => b.Id == batch.Id && b.Kind == batch.Kind))
                return false;
            await courier.DeliverAsync(batch.Queue, MessageHeaders.Copy(message.BasicProperties).Unburied(), message.Body);
            requeued.Add(batch);
            return true;
        }, cancellationToken);
        return requeued;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Shows each message once; the visitor says whether it may be removed.</summary>
    private async Task VisitAsync(Func<DeadBatch, BasicGetResult, Task<bool>> visit, CancellationToken cancellationToken)
    {
        await using var channel = await _connection.OpenChannelAsync(new CreateChannelOptions(false, false), cancellationToken);
        try
        {
            var queue = Topology.DeadQueueName(pipeline);
            var kept = 0UL;
            while (await channel.BasicGetAsync(queue, autoAck: false, cancellationToken) is { } message)
            {
                if (await visit(DeadBatch.Read(message.BasicProperties, pipeline), message))
                    await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellationToken);
                else
                    kept = message.DeliveryTag;
            }

            if (kept > 0)
                await channel.BasicNackAsync(kept, multiple: true, requeue: true, cancellationToken);
            await channel.CloseAsync(cancellationToken);
        }
        catch (OperationInterruptedException refusal) when (refusal.ShutdownReason?.ReplyCode == 404)
        {
            // A pipeline that never ran has no dead queue.
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, cancellationToken))
        {
            throw ConnectionLost(failure);
        }
    }

    private static SendFailedException ConnectionLost(Exception failure) => new($"the connection was lost: {RabbitMqConnection.Reason(failure)}", failure);
}
