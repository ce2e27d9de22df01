namespace Ingest.ServiceDefaults.Control;

/// <summary>Who hears messages of the control bus.</summary>
/// <param name="Type">A MassTransit consumer, made by dependency injection.</param>
/// <param name="Audience">Who gets each message.</param>
public sealed record ControlConsumer(Type Type, Audience Audience);

/// <summary>Who gets each message of the control bus.</summary>
public enum Audience
{
    /// <summary>Every process that listens.</summary>
    Everyone,

    /// <summary>One of the processes that listen.</summary>
    AnyOne,
}
