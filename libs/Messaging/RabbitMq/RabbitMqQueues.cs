using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Messaging.RabbitMq;

/// <summary>The queues of a broker.</summary>
public sealed partial class RabbitMqQueues(
    IOptions<RabbitMqOptions> options, TimeProvider time, ILogger<RabbitMqQueues> logger, IQueueProblems? problems = null)
    : IBatchQueues, IAsyncDisposable
{
    private readonly Broker _broker = new(options.Value, time, problems, logger);
    private WaitingCount? _waiting;
    private string? _problem;

    public bool SendsAwaitConsumers => false;

    public IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T> => new RabbitMqSender<T>(_broker, pipeline);

    public IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T> =>
        new RabbitMqReceiver<T>(_broker, pipeline, prefetchMessages);

    /// <summary>Whether the broker answers now. A new reason is logged: a gateway that nobody sends to notices only here.</summary>
    /// <returns>Null when it does, otherwise why not.</returns>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        // A broker that blocks this connection does not read from it either; that is told already.
        if (_broker.Publishing.IsBlocked)
            return null;
        string? problem = null;
        try
        {
            await using var channel = await _broker.Publishing.OpenChannelAsync(new(false, false), cancellationToken);
        }
        catch (SendFailedException unreachable)
        {
            problem = unreachable.Message;
        }

        var before = Interlocked.Exchange(ref _problem, problem);
        if (problem is not null && problem != before)
            LogProblem(problem);
        return problem;
    }

    /// <summary>How many messages the pipeline's queues hold that nobody works on.</summary>
    /// <exception cref="SendFailedException">The broker cannot be reached.</exception>
    public Task<QueueDepths> DepthsAsync(string pipeline, CancellationToken cancellationToken) =>
        QueueDepths.ReadAsync(_broker.Consuming, pipeline, cancellationToken);

    public Task<long?> CountWaitingAsync(string pipeline, CancellationToken cancellationToken) =>
        LazyInitializer.EnsureInitialized(ref _waiting, () => new WaitingCount(_broker)).ReadAsync(pipeline, cancellationToken);

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    private partial void LogProblem(string problem);
}
