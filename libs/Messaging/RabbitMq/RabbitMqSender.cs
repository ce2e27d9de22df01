using Ingest.Messaging.Wire;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Ingest.Messaging.RabbitMq;

/// <summary>Publishes batches to one queue, persistent and mandatory, and waits for each one's confirm.</summary>
internal sealed class RabbitMqSender<T>(
    RabbitMqConnection connection, string pipeline, RabbitMqOptions options, TimeProvider time, ILogger logger) : IBatchSender<T>
    where T : class, IBatch<T>
{
    private static readonly CreateChannelOptions WithConfirms = new(true, true);

    private readonly string _queue = Topology.QueueName<T>(pipeline);
    private readonly SemaphoreSlim _opening = new(1);
    private IChannel? _channel;

    public async Task SendAsync(T batch, CancellationToken cancellationToken)
    {
        var channel = await ChannelAsync(cancellationToken);
        using var body = Body.Pack(batch, options.Compression);
        using var deadline = new CancellationTokenSource(options.PublishTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await channel.BasicPublishAsync("", _queue, mandatory: true, Properties(batch), body.Memory, either.Token);
        }
        catch (PublishException refusal)
        {
            if (refusal.IsReturn)
                await channel.CloseAsync(CancellationToken.None);
            throw new SendFailedException(
                refusal.IsReturn ? $"queue {_queue} does not exist" : $"queue {_queue} is full or has no quorum", refusal);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await connection.ResetAsync(channel);
            throw new SendFailedException($"no confirm from queue {_queue} within {options.PublishTimeout.TotalSeconds:0} s");
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, cancellationToken))
        {
            throw new SendFailedException($"the connection was lost: {RabbitMqConnection.Reason(failure)}", failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is not null)
            await _channel.DisposeAsync();
    }

    private async Task<IChannel> ChannelAsync(CancellationToken cancellationToken)
    {
        if (_channel is { IsOpen: true } open)
            return open;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_channel is { IsOpen: true } opened)
                return opened;
            if (_channel is not null)
                await _channel.DisposeAsync();
            _channel = null;
            try
            {
                await QueueDeclaration.DeclareAsync<T>(connection, pipeline, time, logger, cancellationToken);
            }
            catch (Exception failure) when (failure is QueueMismatchException
                || RabbitMqConnection.IsConnectionFailure(failure, cancellationToken))
            {
                throw new SendFailedException(RabbitMqConnection.Reason(failure), failure);
            }

            return _channel = await connection.OpenChannelAsync(WithConfirms, cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Fresh for each publish, because the client writes into the headers; they are what an operator sees.</summary>
    private static BasicProperties Properties(T batch)
    {
        var headers = new Dictionary<string, object?> { ["x-ingest-pipeline"] = batch.Pipeline };
        if (batch.Segments.Count > 0)
        {
            headers["x-ingest-source"] = batch.Segments[0].Source;
            headers["x-ingest-lines"] = batch.Segments.Sum(s => (long)s.Lines);
            headers["x-ingest-first-line"] = batch.Segments[0].FirstLine;
        }

        return new BasicProperties
        {
            Persistent = true,
            ContentType = T.ContentType,
            MessageId = batch.Id.ToString(),
            Headers = headers,
        };
    }
}
