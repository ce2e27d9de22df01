using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace Ingest.Messaging.RabbitMq;

/// <summary>What a message says beside its body: for operators, for receivers that budget memory, for the dead queue.</summary>
internal static class MessageHeaders
{
    public const string Pipeline = "x-ingest-pipeline";
    public const string Source = "x-ingest-source";
    public const string Lines = "x-ingest-lines";
    public const string FirstLine = "x-ingest-first-line";

    /// <summary>How many batches share the message; absent for one. The source and the first line are the first one's.</summary>
    public const string Batches = "x-ingest-batches";

    /// <summary>Bytes of the body before compression.</summary>
    public const string Bytes = "x-ingest-bytes";

    /// <summary>Why the message is in the dead queue, where it was, and since when.</summary>
    public const string Reason = "x-ingest-reason";
    public const string Queue = "x-ingest-queue";
    public const string BuriedAt = "x-ingest-buried-at";

    private const string OwnPrefix = "x-ingest-";

    /// <summary>Fresh for each publish, because the client writes into the headers.</summary>
    public static BasicProperties Create<T>(T batch, int plainBytes) where T : class, IBatch<T>
    {
        var headers = new Dictionary<string, object?> { [Pipeline] = batch.Pipeline, [Bytes] = plainBytes };
        if (batch.Segments.Count > 0)
        {
            headers[Source] = batch.Segments[0].Source;
            headers[Lines] = batch.Segments.Sum(s => (long)s.Lines);
            headers[FirstLine] = batch.Segments[0].FirstLine;
        }

        return new BasicProperties
        {
            Persistent = true,
            ContentType = T.ContentType,
            MessageId = batch.Id.ToString(),
            Headers = headers,
        };
    }

    /// <summary>Makes one batch's headers those of a message that it shares.</summary>
    public static BasicProperties OfSeveral(this BasicProperties first, int batches, long lines, int plainBytes)
    {
        first.Headers![Batches] = batches;
        first.Headers[Lines] = lines;
        first.Headers[Bytes] = plainBytes;
        return first;
    }

    /// <summary>The same message once more, without what brokers and clients wrote into it.</summary>
    public static BasicProperties Copy(IReadOnlyBasicProperties original) => new()
    {
        Persistent = true,
        ContentType = original.ContentType,
        MessageId = original.MessageId,
        Headers = original.Headers?.Where(h => h.Key.StartsWith(OwnPrefix, StringComparison.Ordinal)).ToDictionary() ?? [],
    };

    public static BasicProperties Buried(this BasicProperties properties, string reason, string queue, DateTimeOffset at)
    {
        properties.Headers![Reason] = reason;
        properties.Headers[Queue] = queue;
        properties.Headers[BuriedAt] = at.ToString("O", CultureInfo.InvariantCulture);
        return properties;
    }

    public static BasicProperties Unburied(this BasicProperties properties)
    {
        foreach (var header in new[] { Reason, Queue, BuriedAt })
            properties.Headers!.Remove(header);
        return properties;
    }

    /// <summary>How often the broker has taken the message back from a consumer.</summary>
    public static long DeliveryCount(IReadOnlyBasicProperties properties) => Number(properties, "x-delivery-count") ?? 0;

    public static long? Number(IReadOnlyBasicProperties properties, string header) =>
        properties.Headers is { } headers && headers.TryGetValue(header, out var value) && value is sbyte or byte or short or ushort or int or uint or long
            ? Convert.ToInt64(value, CultureInfo.InvariantCulture)
            : null;

    public static string? Text(IReadOnlyBasicProperties properties, string header) =>
        properties.Headers is { } headers && headers.TryGetValue(header, out var value) ? Text(value) : null;

    public static string? Text(object? value) => value switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        string text => text,
        _ => null,
    };
}
