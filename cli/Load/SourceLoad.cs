using Ingest.Compression;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.Writer;

namespace Ingest.Cli.Load;

/// <summary>
/// Loads one input. A file, or another input with a name, goes on from what the ledger holds of it: what is the same is
/// passed over.
/// </summary>
internal sealed class SourceLoad(
    PipelineDefinition pipeline, Database database, BatchPublisher<LineBatch> publisher, DecompressionLimits decompression, TimeSpan linger,
    LoadSettings settings, Progress progress)
{
    /// <returns>What went wrong, or null.</returns>
    public async Task<string?> RunAsync(LoadInput input, CancellationToken stopping, CancellationToken aborting)
    {
        var name = input.Identity ?? settings.Source;
        try
        {
            if (name is null)
                return await PumpAsync(input, Source.Live(input.LiveName, pipeline), KnownSegments.None, stopping, aborting);
            var source = Source.Replay(name, pipeline);
            await using var claim = await database.TryClaimAsync(source.Id, stopping);
            return claim is null
                ? $"{input.Name} is being loaded by another process; wait until it is done."
                : await PumpAsync(input, source, await FindKnownAsync(source, stopping), stopping, aborting);
        }
        catch (StartupException refused)
        {
            return refused.Message;
        }
        catch (BatchBuriedException buried)
        {
            return $"{buried.Message}; the lines after it are not loaded.";
        }
        catch (Exception refused) when (refused is StoreAwayException or StoreRefusedException)
        {
            return $"The database {database.Name} cannot be used: {refused.Message}";
        }
        finally
        {
            progress.End(input);
        }
    }

    /// <exception cref="StartupException">The definition has changed since, and without a key every line would be written twice.</exception>
    private async Task<KnownSegments> FindKnownAsync(Source source, CancellationToken cancellationToken)
    {
        await using var store = database.CreateStore(pipeline, TimeProvider.System);
        var segments = await store.ReadSourceAsync(source.Id, cancellationToken);
        var known = new KnownSegments(segments.Select(s => new KnownSegment(s.BatchId, s.ByteOffset, s.ByteLength, s.NextLine, s.Counts.Lines)))
        {
            MayEndInside = settings.Again,
        };
        var furthest = segments.Select(EndOf).DefaultIfEmpty(0).Max();
        if (!settings.Again && pipeline.Key.Count == 0 && await HasOtherVersionBeyondAsync(furthest, store, source, cancellationToken))
        {
            throw new StartupException(
                $"{source.Name} was loaded before {pipeline.File} changed, and table {pipeline.Table} has no key: its lines would be written twice; empty the table first if they are not to, and say --again.");
        }

        return known;
    }

    /// <summary>Also of a load that did not come to its end. What this definition has read as far it has been allowed to.</summary>
    private async Task<bool> HasOtherVersionBeyondAsync(long place, IRowStore store, Source source, CancellationToken cancellationToken)
    {
        foreach (var version in await store.ReadDefinitionsAsync(cancellationToken))
        {
            var other = Source.ReplayId(source.Name, pipeline.Name, version);
            if (version != pipeline.Version && (await store.ReadSourceAsync(other, cancellationToken)).Any(s => s.Counts.Lines > 0 && EndOf(s) > place))
                return true;
        }

        return false;
    }

    private static long EndOf(LedgerSegment segment) => segment.ByteOffset + segment.ByteLength;

    private async Task<string?> PumpAsync(LoadInput input, Source source, KnownSegments known, CancellationToken stopping, CancellationToken aborting)
    {
        await using var file = input.Open();
        await using var content = Decompressor.Open(file, pipeline.Decompression, new DecompressionBudget(decompression, TimeProvider.System));
        var pump = new SourcePump(source, new SourceOutlet(publisher), linger, TimeProvider.System, known: known);
        progress.Begin(input, pump);
        var result = await pump.RunAsync(content, stopping, aborting);
        return result.Outcome switch
        {
            SourceOutcome.Corrupt => $"{input.Name} is corrupt or cut short after {result.Bytes:N0} bytes of its content ({result.Error}); every whole line before that is loaded.",
            SourceOutcome.Refused or SourceOutcome.Postponed => $"{input.Name} is not loaded from byte {result.Bytes:N0} of its content on: {result.Error}.",
            SourceOutcome.Broken => $"{input.Name} cannot be read further: {result.Error}; run it again when it can.",
            SourceOutcome.Shortened when result.Error is { } damage =>
                $"{input.Name} is corrupt or cut short ({damage}) inside lines that are loaded already, and table {pipeline.Table} has no key: nothing of it is written; get the file again.",
            SourceOutcome.Shortened => $"{input.Name} has become shorter than what was loaded of it, and table {pipeline.Table} has no key: its last lines are left alone, since they would be written twice; say --again if they are others.",
            _ => null,
        };
    }
}
