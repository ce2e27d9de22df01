using Microsoft.Extensions.Logging;

namespace Ingest.Messaging.RabbitMq;

/// <summary>What all senders and receivers of a process share.</summary>
internal sealed class Broker : IAsyncDisposable
{
    public Broker(RabbitMqOptions options, TimeProvider time, IQueueProblems? problems, ILogger logger)
    {
        (Options, Time, Problems, Logger) = (options, time, problems, logger);
        Publishing = new RabbitMqConnection(options, "ingest publisher", problems, logger);
        Consuming = new RabbitMqConnection(options, "ingest consumer", problems, logger);
        Courier = new Courier(Publishing, options.PublishTimeout, time);
        Refusals = new Refusals(time);
    }

    public RabbitMqOptions Options { get; }

    public TimeProvider Time { get; }

    public IQueueProblems? Problems { get; }

    public ILogger Logger { get; }

    /// <summary>A broker in need blocks whole connections that publish, so consuming has another one.</summary>
    public RabbitMqConnection Publishing { get; }

    public RabbitMqConnection Consuming { get; }

    public Courier Courier { get; }

    public Refusals Refusals { get; }

    /// <summary>Held while the process has a suspect: a death must not be put down to two of them.</summary>
    public SemaphoreSlim Suspect { get; } = new(1);

    /// <summary>When a receiver of this process last lost what it held, or had to return a suspect, and lived.</summary>
    public DateTimeOffset? LastLoss { get; set; }

    public async ValueTask DisposeAsync()
    {
        await Courier.DisposeAsync();
        await Publishing.DisposeAsync();
        await Consuming.DisposeAsync();
        Suspect.Dispose();
    }
}
