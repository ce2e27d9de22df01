using System.Globalization;
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

    /// <exception cref="QueueMismatchException">One exists and drops what it should refuse; it was reported.</exception>
    public static async Task DeclareAsync<T>(Broker broker, RabbitMqConnection connection, string pipeline, CancellationToken cancellationToken)
        where T : class, IBatch<T>
    {
        var queue = Topology.QueueName<T>(pipeline);
        var work = Topology.WorkQueueArguments(pipeline);
        try
        {
            // The dead queue first: what is dead-lettered into nothing stays in its queue for ever.
            var created = await DeclareAsync(broker, connection, Topology.DeadQueueName(pipeline), Topology.DeadQueueArguments(), cancellationToken);
            created |= await DeclareAsync(broker, connection, Topology.SuspectQueueName(queue), work, cancellationToken);
            created |= await DeclareAsync(broker, connection, queue, work, cancellationToken);
            if (created)
                await Task.Delay(AfterCreation, broker.Time, cancellationToken);
        }
        catch (QueueMismatchException mismatch)
        {
            broker.Problems?.Report(queue, $"Pipeline {pipeline}: {mismatch.Message}", needsHelp: true);
            throw;
        }

        broker.Problems?.Resolve(queue);
    }

    /// <summary>
    /// The broker compares argument by argument and names the first that differs. Where that one may differ, the queue's
    /// own value is taken for it and the next difference looked for, so that none hides behind a harmless one.
    /// </summary>
    /// <returns>True when there was no such queue before.</returns>
    private static async Task<bool> DeclareAsync(
        Broker broker, RabbitMqConnection connection, string queue, Dictionary<string, object?> wanted, CancellationToken cancellationToken)
    {
        var existed = await ExistsAsync(connection, queue, cancellationToken);
        var arguments = new Dictionary<string, object?>(wanted);
        for (var differences = 0; ; differences++)
        {
            var channel = await connection.OpenChannelAsync(new CreateChannelOptions(false, false), cancellationToken);
            await using var _ = channel;
            try
            {
                await channel.QueueDeclareAsync(
                    queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
                return !existed;
            }
            catch (OperationInterruptedException refusal) when (refusal.ShutdownReason?.ReplyCode == 406)
            {
                var text = refusal.ShutdownReason.ReplyText;
                var difference = Difference().Match(text);
                var argument = difference.Groups["argument"].Value;
                if (!Topology.IsTolerable(argument) || differences > arguments.Count)
                {
                    throw new QueueMismatchException(
                        $"queue {queue} exists with another '{argument}' than Ingest needs ({text}); empty it and delete it, and it is made anew.");
                }

                if (long.TryParse(difference.Groups["current"].Value, CultureInfo.InvariantCulture, out var current))
                    arguments[argument] = current;
                else
                    arguments.Remove(argument);
                LogOtherLimit(broker.Logger, queue, argument, text);
            }
        }
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

    [GeneratedRegex("inequivalent arg '(?<argument>[^']+)'(.*current is (the value )?'(?<current>[^']*)')?")]
    private static partial Regex Difference();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Queue {Queue} exists with another {Argument}; using it as it is ({Detail})")]
    private static partial void LogOtherLimit(ILogger logger, string queue, string argument, string detail);
}
