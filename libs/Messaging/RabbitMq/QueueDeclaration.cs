using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Ingest.Messaging.RabbitMq;

/// <summary>A queue exists already and is not what the promise needs.</summary>
public sealed class QueueMismatchException(string message) : Exception(message);

/// <summary>Declares a pipeline's queues, each on a channel of its own, since a refusal closes the channel.</summary>
internal static partial class QueueDeclaration
{
    /// <summary>
    /// How long nothing is sent to a queue that was just made. RabbitMQ 3.10 keeps the register of its quorum queues in
    /// a file that it flushes every half second; a broker killed before that forgets the queue with all that it has
    /// confirmed (seen).
    /// </summary>
    private static readonly TimeSpan AfterCreation = TimeSpan.FromSeconds(1);

    public static async Task DeclareAsync<T>(
        RabbitMqConnection connection, string pipeline, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
        where T : class, IBatch<T>
    {
        // The dead queue first: what is dead-lettered into nothing stays in its queue for ever.
        var created = await DeclareAsync(connection, Topology.DeadQueueName(pipeline), Topology.DeadQueueArguments(), logger, cancellationToken);
        created |= await DeclareAsync(connection, Topology.QueueName<T>(pipeline), Topology.WorkQueueArguments(pipeline), logger, cancellationToken);
        if (created)
            await Task.Delay(AfterCreation, time, cancellationToken);
    }

    /// <returns>True when there was no such queue before.</returns>
    private static async Task<bool> DeclareAsync(
        RabbitMqConnection connection, string queue, Dictionary<string, object?> arguments, ILogger logger, CancellationToken cancellationToken)
    {
        var existed = await ExistsAsync(connection, queue, cancellationToken);
        var channel = await connection.OpenChannelAsync(new CreateChannelOptions(false, false), cancellationToken);
        await using var _ = channel;
        try
        {
            await channel.QueueDeclareAsync(
                queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
        }
        catch (OperationInterruptedException refusal) when (refusal.ShutdownReason?.ReplyCode == 406)
        {
            var text = refusal.ShutdownReason.ReplyText;
            var argument = InequivalentArgument().Match(text).Groups[1].Value;
            if (!Topology.IsTolerable(argument))
            {
                throw new QueueMismatchException(
                    $"Queue {queue} exists with another '{argument}' than Ingest needs ({text}); empty it and delete it, then start again.");
            }

            LogOtherLimit(logger, queue, argument);
        }

        return !existed;
    }

    private static async Task<bool> ExistsAsync(RabbitMqConnection connection, string queue, CancellationToken cancellationToken)
    {
        var channel = await connection.OpenChannelAsync(new CreateChannelOptions(false, false), cancellationToken);
        await using var _ = channel;
        try
        {
            await channel.QueueDeclarePassiveAsync(queue, cancellationToken);
            return true;
        }
        catch (OperationInterruptedException refusal) when (refusal.ShutdownReason?.ReplyCode == 404)
        {
            return false;
        }
    }

    [GeneratedRegex("inequivalent arg '([^']+)'")]
    private static partial Regex InequivalentArgument();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Queue {Queue} exists with another {Argument}; using it as it is")]
    private static partial void LogOtherLimit(ILogger logger, string queue, string argument);
}
