namespace Ingest.ServiceDefaults.Control;

/// <summary>What carries the control bus: a broker between processes, calls within one.</summary>
internal interface IControlTransport
{
    /// <summary>Completes when the message is on its way.</summary>
    Task PublishAsync<T>(T message, CancellationToken cancellationToken) where T : class;
}
