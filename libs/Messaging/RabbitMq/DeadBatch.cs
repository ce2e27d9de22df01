using System.Globalization;
using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>What is known of a batch in a dead queue without reading it: it may be what cannot be read.</summary>
/// <param name="Id">The batch's id; empty for a message that nobody gave one.</param>
/// <param name="Kind"><c>lines</c>, <c>rows</c>, or what the message calls itself.</param>
/// <param name="Queue">The queue that it came from and goes back to; null when nobody knows.</param>
/// <param name="Source">The display name of its first source.</param>
/// <param name="Lines">Its lines, blank ones left out.</param>
/// <param name="FirstLine">The number of its first line in that source.</param>
/// <param name="BuriedAt">Since when it is dead.</param>
/// <param name="Reason">Why.</param>
public sealed record DeadBatch(
    string Id, string Kind, string? Queue, string? Source, long? Lines, long? FirstLine, DateTimeOffset? BuriedAt, string Reason)
{
    internal static DeadBatch Read(IReadOnlyBasicProperties properties, string pipeline)
    {
        // What the broker itself gave up has only the broker's headers.
        var death = (Value(properties.Headers, "x-death") as IEnumerable<object?>)?.FirstOrDefault() as IDictionary<string, object?>;
        var kind = properties.ContentType switch
        {
            "application/x-ingest-lines" => "lines",
            "application/x-ingest-rows" => "rows",
            var other => other ?? "unknown",
        };
        return new DeadBatch(
            properties.MessageId ?? "",
            kind,
            WorkQueue(MessageHeaders.Text(properties, MessageHeaders.Queue) ?? MessageHeaders.Text(Value(death, "queue")))
                ?? (kind is "lines" or "rows" ? $"ingest.{pipeline}.{kind}" : null),
            MessageHeaders.Text(properties, MessageHeaders.Source),
            MessageHeaders.Number(properties, MessageHeaders.Lines),
            MessageHeaders.Number(properties, MessageHeaders.FirstLine),
            Time(MessageHeaders.Text(properties, MessageHeaders.BuriedAt)) ?? Time(Value(death, "time")),
            MessageHeaders.Text(properties, MessageHeaders.Reason)
                ?? $"the broker gave it up: {MessageHeaders.Text(Value(death, "reason")) ?? "it does not say why"}");
    }

    private static object? Value(IDictionary<string, object?>? table, string key) =>
        table is not null && table.TryGetValue(key, out var value) ? value : null;

    private static string? WorkQueue(string? queue) =>
        queue is not null && queue.EndsWith(".suspects", StringComparison.Ordinal) ? queue[..queue.LastIndexOf('.')] : queue;

    private static DateTimeOffset? Time(object? value) => value switch
    {
        AmqpTimestamp stamp => DateTimeOffset.FromUnixTimeSeconds(stamp.UnixTime),
        string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) => time,
        _ => null,
    };
}
