using Ingest.Messaging;
using Microsoft.Extensions.Logging;

namespace Ingest.Writer;

/// <summary>
/// Keeps the lines of a source in their order where a later one overwrites an earlier one: a batch goes on when what
/// lies before each of its segments is written, or goes with it. Parallel processors deliver batches out of order, and
/// another writer may have what is missing. A batch that may never come is waited for as long as patience lasts.
/// </summary>
internal sealed partial class SourceOrder(string pipeline, IRowStore store, WriterOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Since when no batch of a source went on.</summary>
    private readonly Dictionary<Guid, long> _since = [];

    /// <summary>Places before which nothing is waited for any more.</summary>
    private readonly HashSet<SourcePlace> _givenUp = [];

    /// <summary>A batch goes aside: those behind it do not wait for it.</summary>
    public void Pass(RowBatch batch) => _givenUp.UnionWith(Ends(batch));

    public void Clear()
    {
        _since.Clear();
        _givenUp.Clear();
    }

    /// <summary>Each source's batches in its order, as far as their first segments tell.</summary>
    public static IEnumerable<RowBatch> BySource(IEnumerable<RowBatch> batches) => batches
        .GroupBy(b => b.Segments is [var first, ..] ? first.SourceId : b.Id)
        .SelectMany(source => source.OrderBy(b => b.Segments is [var first, ..] ? first.ByteOffset : 0));

    /// <summary>Those batches that share a source with one of the others, which are not written yet.</summary>
    public static IEnumerable<RowBatch> Sharing(IEnumerable<RowBatch> batches, IEnumerable<RowBatch> others)
    {
        var sources = others.SelectMany(b => b.Segments).Select(s => s.SourceId).ToHashSet();
        return batches.Where(b => b.Segments.Any(s => sources.Contains(s.SourceId)));
    }

    /// <param name="batches">What is held.</param>
    /// <param name="alone">Batches that others cannot go with.</param>
    /// <param name="hasRoom">Whether others may still come.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The batches that may be written, in that order.</returns>
    public async Task<List<RowBatch>> NextAsync(
        IEnumerable<RowBatch> batches, Func<Guid, bool> alone, bool hasRoom, CancellationToken cancellationToken)
    {
        var left = BySource(batches).ToList();
        var there = left.SelectMany(Ends).ToHashSet();
        var written = (await store.FindEndsAsync(
            [.. left.SelectMany(Needs).Where(p => !there.Contains(p)).Distinct()], cancellationToken)).ToHashSet();
        written.UnionWith(_givenUp);

        List<RowBatch> next = [];
        do
        {
            while (TakeReady() > 0)
            {
            }
        }
        while (GiveUp());

        foreach (var source in _since.Keys.Except(left.SelectMany(Missing).Select(p => p.SourceId)).ToArray())
            _since.Remove(source);
        return next;

        int TakeReady()
        {
            var before = left.Count;
            left.RemoveAll(batch =>
            {
                if (Missing(batch).Any())
                    return false;
                next.Add(batch);
                if (!alone(batch.Id))
                    written.UnionWith(Ends(batch));
                foreach (var segment in batch.Segments)
                    _since.Remove(segment.SourceId);
                return true;
            });
            return before - left.Count;
        }

        // One at a time: what is behind it may follow it.
        bool GiveUp()
        {
            // What may be written now makes room.
            var patience = hasRoom || next.Count > 0 ? options.OrderPatience : options.OrderPatienceWhenFull;
            foreach (var place in left.SelectMany(Missing))
                _since.TryAdd(place.SourceId, time.GetTimestamp());
            if (left.Find(b => Missing(b).All(p => time.GetElapsedTime(_since[p.SourceId]) >= patience)) is not { } batch)
                return false;
            foreach (var place in Missing(batch).ToArray())
            {
                LogGivenUp(pipeline, place.Offset, batch.Segments.First(s => s.SourceId == place.SourceId).Source);
                _givenUp.Add(place);
                written.Add(place);
            }

            return true;
        }

        IEnumerable<SourcePlace> Missing(RowBatch batch) => Needs(batch).Where(p => !written.Contains(p));
    }

    /// <summary>A batch that sources share may hold consecutive segments of one: it does not wait for itself.</summary>
    private static IEnumerable<SourcePlace> Needs(RowBatch batch) => batch.Segments
        .Where(s => s is { ByteOffset: > 0, ByteLength: > 0 }).Select(s => new SourcePlace(s.SourceId, s.ByteOffset)).Except(Ends(batch));

    private static IEnumerable<SourcePlace> Ends(RowBatch batch) =>
        batch.Segments.Where(s => s.ByteLength > 0).Select(s => new SourcePlace(s.SourceId, s.ByteOffset + s.ByteLength));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: what lies before byte {Offset} of {Source} does not come; what lies behind it is written without it")]
    private partial void LogGivenUp(string pipeline, long offset, string source);
}

/// <summary>A place among a source's bytes.</summary>
internal readonly record struct SourcePlace(Guid SourceId, long Offset);
