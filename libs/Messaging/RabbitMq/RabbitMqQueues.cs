using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// The queues of a broker. Publishing and consuming have a connection each, because a broker in need blocks whole
/// connections that publish.
/// </summary>
public sealed partial class RabbitMqQueues(IOptions<RabbitMqOptions> options, TimeProvider time, ILogger<RabbitMqQueues> logger)
    : IBatchQueues, IAsyncDisposable
{
    private readonly RabbitMqOptions _options = options.Value;
    private readonly RabbitMqConnection _publishing = new(options.Value, "ingest publisher", logger);
    private readonly RabbitMqConnection _consuming = new(options.Value, "ingest consumer", logger);
    private string? _problem;

    public bool SendsAwaitConsumers => false;

    public IBatchSender<T> CreateSender<T>(string pipeline) where T : class, IBatch<T> =>
        new RabbitMqSender<T>(_publishing, pipeline, _options, time, logger);

    public IBatchReceiver<T> CreateReceiver<T>(string pipeline, int prefetchMessages) where T : class, IBatch<T> =>
        new RabbitMqReceiver<T>(_consuming, pipeline, prefetchMessages, _options, time, logger);

    /// <summary>Whether the broker answers now. A new reason is logged: a gateway that nobody sends to notices only here.</summary>
    /// <returns>Null when it does, otherwise why not.</returns>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        string? problem = null;
        try
        {
            await using var channel = await _publishing.OpenChannelAsync(new(false, false), cancellationToken);
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

    public async ValueTask DisposeAsync()
    {
        await _publishing.DisposeAsync();
        await _consuming.DisposeAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    private partial void LogProblem(string problem);
}
