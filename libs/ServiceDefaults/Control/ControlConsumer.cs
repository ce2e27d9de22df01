namespace Ingest.ServiceDefaults.Control;

/// <summary>A consumer and one kind of message that it hears, whatever carries them.</summary>
/// <param name="type">The consumer, made by dependency injection.</param>
/// <param name="audience">Who gets each message.</param>
internal abstract class ControlConsumer(Type type, Audience audience)
{
    public Type Type => type;

    public Audience Audience => audience;

    /// <summary>Hands both types over.</summary>
    public abstract void Accept(IControlConsumerVisitor visitor);
}

/// <inheritdoc/>
internal sealed class ControlConsumer<TConsumer, TMessage>(Audience audience) : ControlConsumer(typeof(TConsumer), audience)
    where TConsumer : class, IControlConsumer<TMessage>
    where TMessage : class
{
    public override void Accept(IControlConsumerVisitor visitor) => visitor.Visit<TConsumer, TMessage>();
}

/// <summary>Who wants to know the types. Only who carries messages between processes does.</summary>
internal interface IControlConsumerVisitor
{
    void Visit<TConsumer, TMessage>()
        where TConsumer : class, IControlConsumer<TMessage>
        where TMessage : class;
}

/// <summary>Who gets each message of the control bus.</summary>
public enum Audience
{
    /// <summary>Every process that listens.</summary>
    Everyone,

    /// <summary>One of the processes that listen.</summary>
    AnyOne,
}
