using System.Text.Json;
using MassTransit;

namespace Ingest.ServiceDefaults.Control;

/// <summary>How the bus's exchanges and queues are called: <c>ingest.control.batches_committed</c>.</summary>
internal sealed class ControlNames : IEntityNameFormatter
{
    public string FormatEntityName<T>() => Of(typeof(T));

    /// <summary>The queue of a consumer; one for each process where everyone hears.</summary>
    public static string Queue(Type consumer, Audience audience) => audience == Audience.Everyone
        ? $"{Of(consumer)}.{Environment.MachineName}.{Guid.NewGuid():n}"
        : Of(consumer);

    private static string Of(Type type) => $"ingest.control.{JsonNamingPolicy.SnakeCaseLower.ConvertName(type.Name)}";
}
