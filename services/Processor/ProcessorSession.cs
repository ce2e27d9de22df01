using Ingest.Messaging;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Logging;

namespace Ingest.Processor;

/// <summary>What a processor's sessions have in common.</summary>
internal sealed record ProcessorContext(
    IBatchQueues Queues,
    StageHealth Health,
    Isolation Isolation,
    ProcessorOptions Options,
    PublisherOptions PublisherOptions,
    TimeProvider Time,
    Random Random,
    ILogger Logger);

/// <summary>
/// One pipeline's work from the first batch it takes until it is to hold none: because the process stops, because its
/// output has found no way for too long, or because a batch needs another definition. After such an end the next session
/// takes one batch at a time, and ends when one got through: a broker counts all that goes back.
/// </summary>
internal sealed partial class ProcessorSession : IAsyncDisposable
{
    /// <summary>A session that is given nothing for so long has met no problem.</summary>
    private static readonly TimeSpan QuietFor = TimeSpan.FromSeconds(10);

    private readonly ProcessorContext _context;
    private readonly ProcessorOptions _options;
    private readonly CompiledPipeline _compiled;

    /// <summary>Never in one process: nothing is counted there, and a batch may wait in the writer for one that comes after it.</summary>
    private readonly bool _takesOne;
    private readonly IBatchReceiver<LineBatch> _receiver;
    private readonly BatchPublisher<RowBatch> _publisher;
    private readonly InFlight _finishing = new();
    private readonly CancellationTokenSource _ending;
    private readonly CancellationTokenSource _releasing;
    private readonly Lock _telling = new();
    private StageProblem? _problem;

    /// <summary>The problem of the session before, as long as nothing shows that it is over.</summary>
    private bool _inDoubt;

    /// <param name="compiled">The pipeline as it is now.</param>
    /// <param name="context">What all sessions use.</param>
    /// <param name="afterProblem">Whether the session before ended with a problem.</param>
    /// <param name="stopping">Takes nothing more, finishes what is held.</param>
    /// <param name="aborting">Puts back what is held.</param>
    public ProcessorSession(
        CompiledPipeline compiled, ProcessorContext context, bool afterProblem, CancellationToken stopping, CancellationToken aborting)
    {
        (_compiled, _context, _options, _inDoubt) = (compiled, context, context.Options, afterProblem);
        _takesOne = afterProblem && !context.Queues.SendsAwaitConsumers;
        _ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _releasing = CancellationTokenSource.CreateLinkedTokenSource(aborting);
        var largest = Math.Max(LineBatch.LongestBytes, Definition.MaxLineBytes);
        _receiver = context.Queues.CreateReceiver<LineBatch>(
            Definition.Name, _takesOne ? 1 : Prefetch.Messages(_options.PrefetchBytes, largest));
        _publisher = new BatchPublisher<RowBatch>(
            context.Queues.CreateSender<RowBatch>(Definition.Name), context.PublisherOptions, context.Time, context.Random, context.Logger);
    }

    public static string Stage(PipelineDefinition definition) => $"processor {definition.Name}";

    private PipelineDefinition Definition => _compiled.Definition;

    /// <returns>Why it ended, when it should not have; by then nothing is held any more.</returns>
    public async Task<StageProblem?> RunAsync()
    {
        var parallelism = _takesOne ? 1 : _options.Parallelism > 0 ? _options.Parallelism : Environment.ProcessorCount;
        await StageTasks.AllOrFirstFaultAsync(Enumerable.Range(0, parallelism).Select(_ => WorkAsync(new BatchProcessor(_compiled))));
        await _receiver.StopAsync();
        await _finishing.None;
        return _problem;
    }

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        await _receiver.DisposeAsync();
        _ending.Dispose();
        _releasing.Dispose();
    }

    private async Task WorkAsync(BatchProcessor processor)
    {
        while (!_ending.IsCancellationRequested)
        {
            Delivery<LineBatch> delivery;
            try
            {
                delivery = await NextAsync();
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await HandleAsync(processor, delivery);
            }
            catch (OperationCanceledException)
            {
                // Beside the next one, for it may wait for the broker.
                _finishing.Add(ReturnAsync(delivery));
            }
        }
    }

    private async Task<Delivery<LineBatch>> NextAsync()
    {
        var next = _receiver.ReceiveAsync(_ending.Token).AsTask();
        while (Volatile.Read(ref _inDoubt) && !next.IsCompleted)
        {
            using var waiting = new CancellationTokenSource();
            await Task.WhenAny(next, Task.Delay(QuietFor, _context.Time, waiting.Token));
            waiting.Cancel();
            if (next.IsCompleted || !_finishing.IsEmpty)
                continue;
            Resolve();
        }

        return await next;
    }

    private async Task HandleAsync(BatchProcessor processor, Delivery<LineBatch> delivery)
    {
        if (delivery.Batch is { Replayable: true } replayable && replayable.Definition != Definition.Version)
        {
            End(new StageProblem(
                Stage(Definition),
                $"Pipeline {Definition.Name}: batch {replayable.Id} was cut under definition {replayable.Definition} and this process has "
                    + $"{Definition.Version} ({Definition.File}); run a processor with that definition until its batches are done.",
                NeedsHelp: true));
            await ReturnAsync(delivery);
            return;
        }

        RowBatch rows;
        using (await _context.Isolation.EnterAsync(delivery.IsSuspect, _releasing.Token))
        {
            try
            {
                rows = Process(processor, delivery.Batch);
            }
            catch (Exception fault)
            {
                // Beside the place, for it may wait for the broker.
                _finishing.Add(BuryAsync(delivery, $"the processor failed: {fault.GetType().Name}: {fault.Message}"));
                return;
            }

            if (delivery.IsSuspect)
            {
                // Where its rows found no way, it has been found harmless all the same, and goes back beside the work of others.
                var tried = await TryPublishAsync(rows);
                var finishing = FinishAsync(delivery, tried);
                if (tried.IsCompletedSuccessfully)
                    await finishing;
                else
                    _finishing.Add(finishing);
                return;
            }
        }

        // Waiting for the confirm happens beside the next batch's processing.
        _finishing.Add(FinishAsync(delivery, await _publisher.PublishAsync(rows, _releasing.Token)));
    }

    /// <summary>What fails for a batch is tried line by line, where only the lines that fail are lost to it.</summary>
    private RowBatch Process(BatchProcessor processor, LineBatch batch)
    {
        try
        {
            return processor.Process(batch);
        }
        catch (Exception fault)
        {
            LogFault(_context.Logger, fault, batch.Pipeline, batch.Id);
            return new BatchProcessor(_compiled).ProcessLineByLine(batch);
        }
    }

    /// <summary>Publishes a suspect's rows while nothing else is processed, for which there is not much time.</summary>
    /// <returns>How that ended.</returns>
    private async Task<Task> TryPublishAsync(RowBatch rows)
    {
        using var patience = new CancellationTokenSource(_options.SuspectPatience, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _releasing.Token);
        return await Task.WhenAny(await _publisher.PublishAsync(rows, either.Token));
    }

    private async Task FinishAsync(Delivery<LineBatch> delivery, Task safe)
    {
        try
        {
            try
            {
                await safe.WaitAsync(_options.ReleaseAfter, _context.Time);
            }
            catch (TimeoutException)
            {
                Release();
                await safe;
            }
        }
        catch (BatchBuriedException buried)
        {
            await BuryAsync(delivery, buried.Message);
            return;
        }
        catch (Exception failure)
        {
            LogGivenUp(_context.Logger, failure is OperationCanceledException ? null : failure, delivery.Batch.Pipeline, delivery.Batch.Id);
            await ReturnAsync(delivery);
            return;
        }

        if (_takesOne)
        {
            // The next session takes all that it can; this one is to get nothing more that it would return.
            _ending.Cancel();
            await _receiver.StopAsync();
        }

        await delivery.AcknowledgeAsync();
        Resolve();
    }

    /// <summary>Of a session that ends with a problem, the problem outlasts what was under way before it.</summary>
    private void Resolve()
    {
        lock (_telling)
        {
            if (_problem is not null)
                return;
            _context.Health.Resolve(Stage(Definition));
            Volatile.Write(ref _inDoubt, false);
        }
    }

    /// <summary>Where the session ends its receiver stops first, which would get the batch again and return it once more.</summary>
    private async Task ReturnAsync(Delivery<LineBatch> delivery)
    {
        if (_ending.IsCancellationRequested)
            await _receiver.StopAsync();
        await delivery.RequeueAsync();
    }

    private static async Task BuryAsync(Delivery<LineBatch> delivery, string reason) => await delivery.BuryAsync(reason);

    /// <summary>Everything goes back, to whoever has a way out; a broker ends a channel that holds messages for too long.</summary>
    private void Release()
    {
        End(new StageProblem(
            Stage(Definition),
            $"Pipeline {Definition.Name}: no rows could be sent on for {_options.ReleaseAfter.TotalMinutes:0.#} minutes; look after the writer and its database.",
            NeedsHelp: false));
        _releasing.Cancel();
    }

    private void End(StageProblem problem)
    {
        lock (_telling)
        {
            if (_ending.IsCancellationRequested)
                return;
            _problem = problem;
            if (_context.Health.Report(problem))
                LogProblem(_context.Logger, problem.Message);
        }

        _ending.Cancel();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    private static partial void LogProblem(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Pipeline {Pipeline}: batch {BatchId} failed as a whole and is processed line by line")]
    private static partial void LogFault(ILogger logger, Exception fault, string pipeline, Guid batchId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: batch {BatchId} could not be sent on and goes back to its queue")]
    private static partial void LogGivenUp(ILogger logger, Exception? failure, string pipeline, Guid batchId);
}
