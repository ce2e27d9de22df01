namespace Ingest.ServiceDefaults.Control;

/// <summary>Hears messages of one kind from the control bus.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IControlConsumer<in T> where T : class
{
    Task ConsumeAsync(T message, CancellationToken cancellationToken);
}
