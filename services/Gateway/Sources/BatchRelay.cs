using Ingest.Gateway.Framing;
using Ingest.Messaging;

namespace Ingest.Gateway.Sources;

/// <summary>
/// What becomes of a source's batches once they are cut: each goes to the outlet, but what a pushed-down filter has left of
/// them is joined first, until it is worth a message. Knows how long the lines at hand have waited.
/// </summary>
/// <param name="source">Whose batches they are.</param>
/// <param name="outlet">Where they leave.</param>
/// <param name="isFiltered">Whether a filter is pushed down.</param>
/// <param name="linger">How long a line may wait for others.</param>
/// <param name="time">The clock.</param>
internal sealed class BatchRelay(Source source, SourceOutlet outlet, bool isFiltered, TimeSpan linger, TimeProvider time)
{
    /// <summary>Null where a batch is what was cut: a replayable source's, whose cuts have names.</summary>
    private readonly BatchJoiner? _joiner = isFiltered && !source.Replayable ? new BatchJoiner(source.Pipeline) : null;

    /// <summary>When the first of the lines at hand came, or null when there are none.</summary>
    private long? _waitingSince;

    /// <summary>Batches wait to be joined by others.</summary>
    public bool IsJoining => _joiner is { IsEmpty: false };

    /// <summary>Nothing waits to be joined by others, and nothing is in flight.</summary>
    public bool IsEmpty => !IsJoining && outlet.IsEmpty;

    /// <summary>Completes when lines at hand need not wait for others any more: nothing is in flight, or they have waited long enough.</summary>
    /// <param name="over">Ends the wait.</param>
    public Task LingerAsync(CancellationToken over)
    {
        var lingered = Task.Delay(RestOfLinger(), time, over);
        return IsJoining ? lingered : Task.WhenAny(outlet.None, lingered);
    }

    /// <summary>Lines are at hand that have waited as long as they may.</summary>
    public bool HasLingered() => RestOfLinger() == TimeSpan.Zero;

    /// <summary>Lines are at hand, from now on if there were none.</summary>
    public void BeginWait() => _waitingSince ??= time.GetTimestamp();

    /// <summary>Takes over a batch that was cut, and publishes it or joins it to what was cut before.</summary>
    public async ValueTask PassOnAsync(LineBatch batch, CancellationToken aborting)
    {
        if (_joiner is null)
        {
            _waitingSince = null;
            await outlet.PublishAsync(batch, aborting);
            return;
        }

        try
        {
            if (!_joiner.Fits(batch))
                await FlushAsync(aborting);
        }
        catch
        {
            batch.Dispose();
            throw;
        }

        _joiner.Add(batch);
        BeginWait();
        if (_joiner.IsFull)
            await FlushAsync(aborting);
    }

    /// <summary>Publishes what waits to be joined by others.</summary>
    public async ValueTask FlushAsync(CancellationToken aborting)
    {
        if (!IsJoining)
            return;
        _waitingSince = null;
        await outlet.PublishAsync(_joiner!.Take(), aborting);
    }

    /// <summary>Lets go of what was not published.</summary>
    public void Abandon() => _joiner?.Dispose();

    private TimeSpan RestOfLinger()
    {
        var rest = linger - time.GetElapsedTime(_waitingSince!.Value);
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }
}
