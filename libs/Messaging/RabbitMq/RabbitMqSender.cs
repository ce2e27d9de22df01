using System.Collections.Concurrent;
using Ingest.Messaging.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// Publishes batches to one queue, persistent and mandatory, and waits for each one's confirm, or for that of the message
/// it shares with others.
/// </summary>
internal sealed class RabbitMqSender<T>(Broker broker, string pipeline) : IBatchSender<T> where T : class, IBatch<T>
{
    private static readonly CreateChannelOptions WithConfirms = new(true, true);

    private readonly string _queue = Topology.QueueName<T>(pipeline);
    private readonly SemaphoreSlim _opening = new(1);
    private readonly BodyPacker _packer = new(broker.Options.Compression);
    private readonly SharedMessages<T> _shared = new(broker, Topology.QueueName<T>(pipeline));

    /// <summary>Batches whose deadline passed without an answer, until they are sent again.</summary>
    private readonly ConcurrentDictionary<Guid, UnconfirmedCopies> _unanswered = new();
    private IChannel? _channel;

    public async Task SendAsync(T batch, CancellationToken cancellationToken)
    {
        UnconfirmedCopies? copies = _unanswered.TryRemove(batch.Id, out var earlier) ? earlier : new();
        try
        {
            if (!copies.AreConfirmed)
                await SendCopyAsync(batch, copies, cancellationToken);
        }
        catch (SendFailedException) when (copies.AreConfirmed)
        {
            // The confirm of an earlier copy came while this one failed.
        }
        catch (SendFailedException) when (copies.Unanswered > 0)
        {
            _unanswered[batch.Id] = copies;
            copies = null;
            throw;
        }
        finally
        {
            copies?.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _shared.Dispose();
        foreach (var id in _unanswered.Keys)
        {
            if (_unanswered.TryRemove(id, out var copies))
                copies.Dispose();
        }

        if (_channel is not null)
            await _channel.DisposeAsync();
    }

    private async Task SendCopyAsync(T batch, UnconfirmedCopies copies, CancellationToken cancellationToken)
    {
        var channel = await ChannelAsync(cancellationToken);
        var deadline = Deadline(copies.Late);
        try
        {
            var answer = copies.AddAsync(PublishAsync(channel, batch, copies.GivenUp));
            if (await broker.Publishing.EndsWithinAsync(answer, deadline, broker.Time, cancellationToken))
            {
                await answer;
                broker.Refusals.Forget(_queue);
                return;
            }
        }
        catch (PublishException refusal)
        {
            if (refusal.IsReturn)
                await CloseAsync(channel);
            broker.Refusals.Note(_queue);
            throw new SendFailedException(
                refusal.IsReturn ? $"queue {_queue} does not exist" : $"queue {_queue} is full or has no quorum", refusal);
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, cancellationToken))
        {
            throw new SendFailedException($"the connection was lost: {RabbitMqConnection.Reason(failure)}", failure);
        }

        // The next copy takes another connection; the confirm of this one may still come.
        copies.Late++;
        await broker.Publishing.RetireAsync(channel);
        throw new SendFailedException($"no confirm from queue {_queue} within {deadline.TotalSeconds:0} s");
    }

    /// <summary>The next channel declares the queue again.</summary>
    private static async Task CloseAsync(IChannel channel)
    {
        try
        {
            await channel.CloseAsync(CancellationToken.None);
        }
        catch (Exception failure) when (RabbitMqConnection.IsConnectionFailure(failure, CancellationToken.None))
        {
            // Lost while closing.
        }
    }

    private Task PublishAsync(IChannel channel, T batch, CancellationToken givenUp)
    {
        PooledMemory body;
        try
        {
            using var encoded = EncodedBatch.Of(batch);
            if (_shared.TryPublishAsync(channel, batch, encoded, givenUp) is { } shared)
                return shared;
            body = _packer.Pack(encoded);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // What fails here fails each time, and every stage would wait for it.
            throw new BatchBuriedException($"batch {batch.Id} cannot be encoded: {fault.GetType().Name}: {fault.Message}");
        }

        return PublishAloneAsync(channel, batch, body, givenUp);
    }

    private async Task PublishAloneAsync(IChannel channel, T batch, PooledMemory packed, CancellationToken givenUp)
    {
        using var body = packed;
        var properties = MessageHeaders.Create(batch, Body.PlainLength(body.Memory.Span));
        await channel.BasicPublishAsync("", _queue, mandatory: true, properties, body.Memory, givenUp);
    }

    private TimeSpan Deadline(int lateBefore)
    {
        var options = broker.Options;
        var deadline = options.PublishTimeout * Math.Pow(2, Math.Min(lateBefore, 16));
        return deadline < options.LongestPublishTimeout ? deadline : options.LongestPublishTimeout;
    }

    private async Task<IChannel> ChannelAsync(CancellationToken cancellationToken)
    {
        if (_channel is { IsOpen: true } open && broker.Publishing.IsCurrent(open))
            return open;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_channel is { IsOpen: true } opened && broker.Publishing.IsCurrent(opened))
                return opened;
            if (_channel is { IsOpen: false })
                await _channel.DisposeAsync();
            _channel = null;
            try
            {
                await QueueDeclaration.DeclareAsync<T>(broker, broker.Publishing, pipeline, cancellationToken);
            }
            catch (Exception failure) when (failure is QueueMismatchException
                || RabbitMqConnection.IsConnectionFailure(failure, cancellationToken))
            {
                throw new SendFailedException(RabbitMqConnection.Reason(failure), failure);
            }

            return _channel = await broker.Publishing.OpenChannelAsync(WithConfirms, cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }
}
