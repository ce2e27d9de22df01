using System.Net.Sockets;
using Ingest.Compression;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Framing;

namespace Ingest.Gateway.Sources;

/// <summary>
/// Reads one source to its end and publishes its lines. A live source's lines go out at once when none of its batches
/// is in flight, otherwise when a batch is full or has waited for the linger time. What a pushed-down filter has left of
/// full batches is joined, and goes when it is worth a message or has waited for the linger time: more is coming.
/// </summary>
/// <param name="source">What is read.</param>
/// <param name="outlet">Where its batches leave.</param>
/// <param name="linger">How long a line may wait for others.</param>
/// <param name="time">The clock.</param>
/// <param name="known">What the ledger holds of a replayable source, or null.</param>
/// <param name="budget">What it may hold of bytes received; null for the one buffer it needs at most.</param>
/// <param name="filter">Its pipeline's filter where that is pushed down, or null.</param>
/// <param name="wakeAt">Says how many bytes must be there to end a wait for them, where the input can tell; 1 at first, and <see cref="AwakeAlready"/> where nobody waits.</param>
/// <param name="idleTimeout">How long it may send nothing; zero for as long as it likes.</param>
internal sealed class SourcePump(
    Source source, SourceOutlet outlet, TimeSpan linger, TimeProvider time, KnownSegments? known = null, ReceiveBudget? budget = null,
    PushedFilter? filter = null, Action<int>? wakeAt = null, TimeSpan idleTimeout = default)
{
    /// <summary>
    /// What is worth waking up for where a source fills batches: each turn costs several switches between threads, and
    /// takes the sender's processor where both are on one machine.
    /// </summary>
    public const int WorthWaking = 2 * LineBatchBuilder.CutBytes;

    /// <summary>While it works on what it was woken for: each packet that comes meanwhile would wake it anew, for nothing.</summary>
    public const int AwakeAlready = int.MaxValue;

    private readonly BatchRelay _relay = new(source, outlet, isFiltered: filter is not null, linger, time);

    /// <summary>Ends the reading of a sender that is silent for too long; null where it may be.</summary>
    private CancellationTokenSource? _silence;
    private Func<int> _bufferBytes = static () => 0;
    private long _bytesRead;
    private long _alreadyLines;
    private int _wakesAt = 1;

    /// <summary>Whether it has filled a batch since one went out for another reason.</summary>
    private bool _isFast;

    /// <summary>Bytes read so far, after decompression; may be read from other threads.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>Lines passed over because the ledger has them; may be read from other threads.</summary>
    public long AlreadyLines => Volatile.Read(ref _alreadyLines);

    /// <summary>The buffer that it receives into; for whoever looks while it waits.</summary>
    public int BufferBytes => _bufferBytes();

    /// <summary>Completes when every line taken is safe.</summary>
    /// <param name="input">A network stream, a file, a decompressor.</param>
    /// <param name="stopping">Ends the reading in order: what was taken is still published.</param>
    /// <param name="aborting">Gives up; what is not safe by then was not acknowledged to anyone.</param>
    public async Task<SourceResult> RunAsync(Stream input, CancellationToken stopping, CancellationToken aborting)
    {
        try
        {
            var result = await TakeAllAsync(input, stopping, aborting);
            await outlet.AllSafeAsync(aborting);
            return result;
        }
        finally
        {
            _relay.Abandon();
        }
    }

    /// <summary>Completes when every line taken is on its way.</summary>
    private async Task<SourceResult> TakeAllAsync(Stream input, CancellationToken stopping, CancellationToken aborting)
    {
        using var builder = new LineBatchBuilder(source, time, known, filter);
        filter?.Prepare();
        _bufferBytes = () => builder.BufferBytes;
        if (budget is not null)
            builder.Limit = LineBatchBuilder.Floor;
        using var share = new ReceiveShare(budget, builder, time, mayCut: !source.Replayable);
        using var silence = idleTimeout > TimeSpan.Zero ? new CancellationTokenSource(Timeout.InfiniteTimeSpan, time) : null;
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(stopping, aborting, share.Ended, silence?.Token ?? CancellationToken.None);
        _silence = silence;
        var (outcome, error) = await ReadAsync(input, builder, share, reading, aborting);
        share.Pause();
        if (outcome == SourceOutcome.Interrupted && !stopping.IsCancellationRequested && silence is { IsCancellationRequested: true })
            (outcome, error) = (SourceOutcome.Idle, $"nothing came for {idleTimeout}");
        else if (outcome == SourceOutcome.Interrupted && !stopping.IsCancellationRequested)
            (outcome, error) = (SourceOutcome.Stalled, "it kept the end of a line back while others waited for its room");
        if (outcome is SourceOutcome.Completed or SourceOutcome.Corrupt)
        {
            builder.EndInput();
            if (builder.EndsInsideKnown && source.Pipeline.Key.Count == 0 && known is not { MayEndInside: true })
                outcome = SourceOutcome.Shortened;
            else
                await PublishFullAsync(builder, share, aborting);
        }

        switch (outcome)
        {
            case SourceOutcome.Completed:
                foreach (var batch in builder.Complete())
                    await _relay.PassOnAsync(batch, aborting);
                break;
            case SourceOutcome.Corrupt:
                foreach (var batch in builder.CompleteCorrupt(error!))
                    await _relay.PassOnAsync(batch, aborting);
                break;
            case var _ when !source.Replayable:
                await _relay.PassOnAsync(builder.Abandon(), aborting);
                break;
        }

        return new SourceResult(outcome, builder.TotalLines, builder.TotalBytes, error);
    }

    private async Task<(SourceOutcome Outcome, string? Error)> ReadAsync(
        Stream input, LineBatchBuilder builder, ReceiveShare share, CancellationTokenSource reading, CancellationToken aborting)
    {
        try
        {
            while (true)
            {
                if (!source.Replayable)
                    await AwaitBytesAsync(input, builder, share, reading, aborting);

                // No whole line waits for memory.
                if (!builder.HasRoom)
                    await PublishJoinedAsync(share, aborting);
                if (!await share.MakeRoomAsync(reading.Token))
                {
                    await PublishWholeLinesAsync(builder, share, aborting);
                    continue;
                }

                var room = builder.GetMemory();
                AwaitSender();
                var receiving = input.ReadAsync(room, reading.Token);
                if (!receiving.IsCompleted)
                {
                    // What was there made no output yet: a decompressor waits, and so may whole lines.
                    WakeAt(1);
                }

                var count = await receiving;
                AwaitNobody();
                if (count == 0)
                    return (SourceOutcome.Completed, null);

                Volatile.Write(ref _bytesRead, _bytesRead + count);
                var line = builder.NextLine;
                builder.Advance(count);
                await PublishFullAsync(builder, share, aborting);
                if (builder.NextLine > line)
                    share.Progress();
                if (source.Replayable || !(builder.HasWholeLines || _relay.IsJoining))
                    continue;
                _relay.BeginWait();

                // Where the room was filled more is there, or it goes out when the next wait begins.
                if ((_relay.IsEmpty && count < room.Length) || _relay.HasLingered())
                    await PublishWholeLinesAsync(builder, share, aborting);
            }
        }
        catch (OperationCanceledException) when (reading.IsCancellationRequested && !aborting.IsCancellationRequested)
        {
            return (SourceOutcome.Interrupted, null);
        }
        catch (CorruptInputException corrupt)
        {
            return (SourceOutcome.Corrupt, corrupt.Message);
        }
        catch (DecompressionRefusedException refused)
        {
            return (refused.IsForNow ? SourceOutcome.Postponed : SourceOutcome.Refused, refused.Message);
        }
        catch (Exception broken) when (broken is IOException or SocketException || (broken is OperationCanceledException && !reading.IsCancellationRequested))
        {
            return (SourceOutcome.Broken, broken.Message);
        }
        finally
        {
            // Whoever reads on looks for less.
            WakeAt(1);
        }
    }

    /// <summary>
    /// Waits for bytes before there is memory for them: what a source may need next is nobody's while it sends nothing.
    /// </summary>
    private async ValueTask AwaitBytesAsync(
        Stream input, LineBatchBuilder builder, ReceiveShare share, CancellationTokenSource reading, CancellationToken aborting)
    {
        var arriving = input.ReadAsync(Memory<byte>.Empty, reading.Token);
        if (arriving.IsCompleted)
        {
            await arriving;
            return;
        }

        var arrived = arriving.AsTask();
        WakeAt(_isFast ? WorthWaking : 1);
        try
        {
            if (builder.HasWholeLines || _relay.IsJoining)
                await LingerAsync(arrived, builder, share, aborting);
        }
        catch
        {
            // Whoever fails closes the input, which must not be read at that moment: a decoder may be at work.
            await reading.CancelAsync();
            await ((Task)arrived).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        if (!arrived.IsCompleted)
        {
            WakeAt(1);
            share.GiveBack();
            AwaitSender();
        }

        await arrived;
        if (_wakesAt == WorthWaking)
            WakeAt(AwakeAlready);
        AwaitNobody();
    }

    /// <summary>From here on it is for the sender to go on.</summary>
    private void AwaitSender() => _silence?.CancelAfter(idleTimeout);

    private void AwaitNobody() => _silence?.CancelAfter(Timeout.InfiniteTimeSpan);

    private void WakeAt(int bytes)
    {
        if (bytes == _wakesAt)
            return;
        _wakesAt = bytes;
        wakeAt?.Invoke(bytes);
    }

    /// <summary>Waits for bytes, but not longer than the lines at hand may wait.</summary>
    private async Task LingerAsync(Task arrived, LineBatchBuilder builder, ReceiveShare share, CancellationToken aborting)
    {
        using var received = new CancellationTokenSource();
        await Task.WhenAny(arrived, _relay.LingerAsync(received.Token));
        received.Cancel();
        if (!arrived.IsCompleted)
            await PublishWholeLinesAsync(builder, share, aborting);
    }

    private async ValueTask PublishFullAsync(LineBatchBuilder builder, ReceiveShare share, CancellationToken aborting)
    {
        while (builder.IsFull)
        {
            share.Pause();
            _isFast = true;
            await _relay.PassOnAsync(builder.Take(), aborting);
            if (share.IsWanted)
                await _relay.FlushAsync(aborting);
            share.Progress();
            share.HandOn();
        }

        Volatile.Write(ref _alreadyLines, builder.AlreadyLines);
    }

    private async ValueTask PublishWholeLinesAsync(LineBatchBuilder builder, ReceiveShare share, CancellationToken aborting)
    {
        share.Pause();
        _isFast = false;
        if (builder.HasWholeLines)
            await _relay.PassOnAsync(builder.TakeWholeLines(), aborting);
        await _relay.FlushAsync(aborting);
        share.Progress();
        share.HandOn();
    }

    /// <summary>The sender is not to blame for how long that takes.</summary>
    private async ValueTask PublishJoinedAsync(ReceiveShare share, CancellationToken aborting)
    {
        if (!_relay.IsJoining)
            return;
        share.Pause();
        await _relay.FlushAsync(aborting);
        share.Progress();
    }
}
