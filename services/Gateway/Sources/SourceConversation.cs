using Ingest.Compression;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Receipts;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;

namespace Ingest.Gateway.Sources;

/// <summary>
/// One source from its first byte to its receipt, whatever it comes by and however it is compressed. Nothing is said before it is true: <c>queued</c> when every batch is
/// safe in its queue, <c>committed</c> when the writers have said so of every batch.
/// </summary>
/// <param name="source">What is read.</param>
/// <param name="publisher">Where its batches go.</param>
/// <param name="commits">Null where nobody waits for commits.</param>
/// <param name="budget">What its pipeline's sources may hold of bytes received.</param>
/// <param name="decompression">What all sources may hold to decompress what they receive.</param>
/// <param name="options">Times.</param>
/// <param name="time">The clock.</param>
/// <param name="filter">Its pipeline's filter where that is pushed down, or null.</param>
/// <param name="shared">Where its small batches meet those of other sources, or null.</param>
/// <param name="backlog">What its larger batches wait for, or null.</param>
/// <param name="encoding">How its bytes are compressed where the sender said so; null for what the definition says.</param>
internal sealed class SourceConversation(
    Source source, BatchPublisher<LineBatch> publisher, CommitTally? commits, ReceiveBudget budget, DecompressionBudget decompression,
    GatewayOptions options, TimeProvider time, PushedFilter? filter = null, SharedBatches? shared = null, Backlog? backlog = null,
    Decompression? encoding = null)
{
    /// <param name="input">The source's bytes as they come; left open.</param>
    /// <param name="stopping">Ends the reading in order; the receipt says how far it came.</param>
    /// <param name="aborting">Gives up; there is no receipt then.</param>
    /// <param name="wakeAt">Says how many bytes must be there to end a wait for them, where the input can tell.</param>
    /// <param name="leaving">Completes when nobody is there any more to be told of a commit; asked while one is awaited, until its token ends that.</param>
    /// <returns>How the source ended, and what to tell it; null when there is nobody to tell or nothing to be told.</returns>
    public async Task<(SourceResult Result, Receipt? Receipt)> RunAsync(
        Stream input, CancellationToken stopping, CancellationToken aborting, Action<int>? wakeAt = null, Func<CancellationToken, Task>? leaving = null)
    {
        using var tally = commits?.Open(source.Id, source.Pipeline.Name);
        var outlet = new SourceOutlet(publisher, tally, shared, backlog, stopping);
        var pump = new SourcePump(
            source, outlet, options.Linger, time, budget: budget, filter: filter, wakeAt: wakeAt, idleTimeout: options.IdleTimeout);
        await using var content = Decompressor.Open(input, encoding ?? source.Pipeline.Decompression, decompression);
        var result = await pump.RunAsync(content, stopping, aborting);
        if (result.Outcome is SourceOutcome.Broken or SourceOutcome.Stalled || source.Pipeline.Acknowledge == Acknowledge.None)
            return (result, null);

        var rest = source.Replayable ? "send the same bytes again" : "send what follows these bytes again";
        var again = result.Outcome switch
        {
            SourceOutcome.Interrupted => $"the gateway stops; {rest}",
            SourceOutcome.Postponed => $"{result.Error}; {rest}",
            SourceOutcome.Idle => $"{result.Error} (Gateway__IdleTimeout); {rest}",
            _ => null,
        };
        var receipt = new Receipt
        {
            Source = source.Name,
            Lines = result.Lines,
            Bytes = result.Bytes,
            Batches = outlet.Batches,
            Rejected = outlet.Rejected,
            State = again is null ? ReceiptState.Queued : ReceiptState.Interrupted,
            Error = again ?? result.Error,
        };
        if (tally is not null && receipt.State != ReceiptState.Interrupted)
            receipt = await AwaitCommitAsync(receipt, tally, leaving, stopping, aborting);
        return (result, receipt);
    }

    /// <summary>Whoever left may be back with the same bytes, and is not to find its place taken by itself.</summary>
    private async Task<Receipt> AwaitCommitAsync(
        Receipt receipt, SourceTally tally, Func<CancellationToken, Task>? leaving, CancellationToken stopping, CancellationToken aborting)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping, aborting);
        var settled = tally.AllSettledAsync().HereAsync();
        var left = leaving?.Invoke(ending.Token);
        try
        {
            await (left is null ? settled : Task.WhenAny(settled, left)).WaitAsync(options.CommitTimeout, time, ending.Token);
            if (!settled.IsCompleted)
            {
                ending.Token.ThrowIfCancellationRequested();
                return receipt with { Error = Uncommitted("before the producer left", tally) };
            }
        }
        catch (TimeoutException)
        {
            return receipt with { Error = Uncommitted($"within {options.CommitTimeout}", tally) };
        }
        catch (OperationCanceledException)
        {
            return receipt with { Error = Uncommitted("before the gateway stopped", tally) };
        }
        finally
        {
            ending.Cancel();
            if (left is not null)
                await left.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (tally.Dead > 0)
            return receipt with { Error = $"{tally.Dead} batches could not be dealt with and are in the dead queue; 'ingest dead list -p {source.Pipeline.Name}' shows them" };
        return receipt with
        {
            State = ReceiptState.Committed,
            Written = tally.Written,
            Duplicate = tally.Duplicate,
            Filtered = tally.Filtered,
            Rejected = tally.Rejected,
        };
    }

    private static string Uncommitted(string when, SourceTally tally) =>
        $"{tally.Outstanding.Count} batches were not known to be committed {when}; they are safe in their queues";
}
