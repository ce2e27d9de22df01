using Ingest.Messaging.Wire;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// Moves messages of one queue to where no other message suffers from them: to the queue of suspects, back from it, or
/// to the dead queue. The old copy is acknowledged after the new one is safe; both have the same id.
/// </summary>
internal sealed partial class Undertaker(Broker broker, string pipeline, string queue)
{
    public string Suspects { get; } = Topology.SuspectQueueName(queue);

    /// <exception cref="SendFailedException">The copy is not known to be stored.</exception>
    public async Task MoveAsync<T>(T batch, string target) where T : class, IBatch<T>
    {
        using var body = Body.Pack(batch, broker.Options.Compression);
        await broker.Courier.DeliverAsync(target, MessageHeaders.Create(batch, Body.PlainLength(body.Memory.Span)), body.Memory);
    }

    /// <inheritdoc cref="MoveAsync{T}"/>
    public async Task BuryAsync<T>(T batch, string reason, BurialCause cause) where T : class, IBatch<T>
    {
        using var body = Body.Pack(batch, broker.Options.Compression);
        var properties = MessageHeaders.Create(batch, Body.PlainLength(body.Memory.Span));
        await broker.Courier.DeliverAsync(
            Topology.DeadQueueName(pipeline), properties.Buried(reason, queue, broker.Time.GetUtcNow()), body.Memory);
        Told(batch.Id.ToString(), reason, cause);
    }

    /// <summary>Moves a message that cannot be read.</summary>
    /// <inheritdoc cref="MoveAsync{T}"/>
    public async Task BuryAsync(IReadOnlyBasicProperties original, ReadOnlyMemory<byte> body, string reason)
    {
        var properties = MessageHeaders.Copy(original);
        properties.Headers!.TryAdd(MessageHeaders.Pipeline, pipeline);
        await broker.Courier.DeliverAsync(
            Topology.DeadQueueName(pipeline), properties.Buried(reason, queue, broker.Time.GetUtcNow()), body);
        Told(original.MessageId ?? "without an id", reason, BurialCause.Unreadable);
    }

    private void Told(string id, string reason, BurialCause cause)
    {
        IngestMetrics.Buried(pipeline, queue, cause);
        broker.Problems?.Buried(pipeline, id);
        LogBuried(broker.Logger, queue, id, reason);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Queue {Queue}: batch {BatchId} is in the dead queue now: {Reason}")]
    private static partial void LogBuried(ILogger logger, string queue, string batchId, string reason);
}
