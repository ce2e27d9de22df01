using RabbitMQ.Client.Exceptions;

namespace Ingest.Messaging.RabbitMq;

/// <summary>How many messages a pipeline's queues hold; those that a consumer holds are not counted.</summary>
/// <param name="Lines">On their way from the gateway to a processor; what a filter left of a named source's batches may share one.</param>
/// <param name="Rows">On their way from a processor to the writer; small batches may share one.</param>
/// <param name="Suspects">Set aside to be tried alone, of both kinds.</param>
/// <param name="Dead">Given up; <c>ingest dead</c> lists them.</param>
public sealed record QueueDepths(long Lines, long Rows, long Suspects, long Dead)
{
    internal static async Task<QueueDepths> ReadAsync(RabbitMqConnection connection, string pipeline, CancellationToken cancellationToken)
    {
        var (lines, rows) = (Topology.QueueName<LineBatch>(pipeline), Topology.QueueName<RowBatch>(pipeline));
        return new QueueDepths(
            await CountAsync(lines),
            await CountAsync(rows),
            await CountAsync(Topology.SuspectQueueName(lines)) + await CountAsync(Topology.SuspectQueueName(rows)),
            await CountAsync(Topology.DeadQueueName(pipeline)));

        // A queue that is not there closes the channel.
        async Task<long> CountAsync(string queue)
        {
            await using var channel = await connection.OpenChannelAsync(new(false, false), cancellationToken);
            try
            {
                return await channel.MessageCountAsync(queue, cancellationToken);
            }
            catch (OperationInterruptedException refusal) when (refusal.ShutdownReason?.ReplyCode == 404)
            {
                return 0;
            }
        }
    }
}
