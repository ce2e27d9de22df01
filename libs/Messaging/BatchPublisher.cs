using Microsoft.Extensions.Logging;

namespace Ingest.Messaging;

/// <summary>
/// Sends a pipeline's batches on until each is safe. What is under way is bounded in bytes. After a refusal the window
/// stops: one batch goes on trying, with a growing and jittered wait, and its success opens the window for all others.
/// A batch is sent again under its own id, so that one that was stored after all changes nothing.
/// </summary>
public sealed partial class BatchPublisher<T>(
    IBatchSender<T> sender,
    PublisherOptions options,
    TimeProvider time,
    Random random,
    ILogger logger) : IAsyncDisposable
    where T : class, IBatch<T>
{
    private readonly ByteBudget _budget = new(options.InFlightBytes);
    private readonly Lock _lock = new();

    /// <summary>Completed while the window is open.</summary>
    private TaskCompletionSource _opened = CreateOpened();
    private bool _probing;

    /// <summary>Bytes sent and not yet safe.</summary>
    public long InFlightBytes => _budget.HeldBytes;

    /// <summary>False from a refusal until the next success.</summary>
    public bool IsOpen => _opened.Task.IsCompleted;

    /// <summary>
    /// Takes the batch over, and completes when there is room for it. The task that it returns completes when the
    /// batch is safe; the batch is disposed then, or when the token gives it up.
    /// </summary>
    public async ValueTask<Task> PublishAsync(T batch, CancellationToken cancellationToken)
    {
        long held;
        try
        {
            held = await _budget.AcquireAsync(batch.Size, cancellationToken);
        }
        catch
        {
            batch.Dispose();
            throw;
        }

        return SendAsync(batch, held, cancellationToken);
    }

    public ValueTask DisposeAsync() => sender.DisposeAsync();

    private async Task SendAsync(T batch, long held, CancellationToken cancellationToken)
    {
        try
        {
            var probing = false;
            for (var attempt = 0; ; attempt++)
            {
                if (!probing)
                    await _opened.Task.HereAsync().WaitAsync(cancellationToken);
                try
                {
                    await sender.SendAsync(batch, cancellationToken);
                    if (probing)
                    {
                        Open();
                        LogWindowOpen(batch.Pipeline, T.Queue);
                    }

                    return;
                }
                catch (SendFailedException refusal)
                {
                    if (!probing)
                    {
                        probing = Close();
                        attempt = 0;
                        if (probing)
                            LogWindowClosed(batch.Pipeline, T.Queue, refusal.Message);
                    }
                }
                catch when (probing)
                {
                    Open();
                    throw;
                }

                if (probing)
                    await WaitBeforeProbeAsync(attempt, cancellationToken);
            }
        }
        finally
        {
            batch.Dispose();
            _budget.Release(held);
        }
    }

    private async Task WaitBeforeProbeAsync(int attempt, CancellationToken cancellationToken)
    {
        var longest = Math.Min(
            options.LongestProbeDelay.TotalMilliseconds,
            options.FirstProbeDelay.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 30)));
        double jitter;
        lock (_lock)
            jitter = random.NextDouble();
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(longest * (0.5 + (jitter / 2))), time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Open();
            throw;
        }
    }

    /// <summary>Stops the window; true for the one caller that is to probe.</summary>
    private bool Close()
    {
        lock (_lock)
        {
            if (_opened.Task.IsCompleted)
                _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return !_probing && (_probing = true);
        }
    }

    /// <summary>
    /// Lets everyone send: the probe got through, or its sender gives up and the next to be refused probes.
    /// </summary>
    private void Open()
    {
        lock (_lock)
        {
            _probing = false;
            _opened.TrySetResult();
        }
    }

    private static TaskCompletionSource CreateOpened()
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        opened.SetResult();
        return opened;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: sending to {Queue} stopped, trying again: {Reason}")]
    private partial void LogWindowClosed(string pipeline, string queue, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Pipeline {Pipeline}: sending to {Queue} works again")]
    private partial void LogWindowOpen(string pipeline, string queue);
}
