using System.Net.Sockets;
using Ingest.Gateway.Framing;
using Ingest.Messaging;

namespace Ingest.Gateway.Sources;

/// <summary>How a source ended.</summary>
internal enum SourceOutcome
{
    /// <summary>It came to its orderly end.</summary>
    Completed,

    /// <summary>We stopped reading it.</summary>
    Interrupted,

    /// <summary>It broke off: a reset connection, a disk error.</summary>
    Broken,

    /// <summary>Its bytes could not be decompressed.</summary>
    Corrupt,
}

/// <param name="Lines">Lines taken, blank ones not counted.</param>
/// <param name="Bytes">Bytes taken, after decompression.</param>
/// <param name="Error">What went wrong, or null.</param>
internal sealed record SourceResult(SourceOutcome Outcome, long Lines, long Bytes, string? Error);

/// <summary>
/// Reads one source to its end and publishes its lines. A live source's lines go out at once when none of its batches
/// is in flight, otherwise when a batch is full or has waited for the linger time.
/// </summary>
internal sealed class SourcePump(Source source, BatchPublisher<LineBatch> publisher, TimeSpan linger, TimeProvider time)
{
    private readonly InFlight _inFlight = new();
    private long _bytesRead;

    /// <summary>Bytes read so far, after decompression; may be read from other threads.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>Completes when every line taken is safe.</summary>
    /// <param name="input">A network stream, a file, a decompressor.</param>
    /// <param name="stopping">Ends the reading in order: what was taken is still published.</param>
    /// <param name="aborting">Gives up; what is not safe by then was not acknowledged to anyone.</param>
    public async Task<SourceResult> RunAsync(Stream input, CancellationToken stopping, CancellationToken aborting)
    {
        using var builder = new LineBatchBuilder(source, time);
        var (outcome, error) = await ReadAsync(input, builder, stopping, aborting);
        switch (outcome)
        {
            case SourceOutcome.Completed:
                foreach (var batch in builder.Complete())
                    await PublishAsync(batch, aborting);
                break;
            case SourceOutcome.Corrupt:
                foreach (var batch in builder.CompleteCorrupt(error!))
                    await PublishAsync(batch, aborting);
                break;
            case var _ when !source.Replayable:
                await PublishAsync(builder.Abandon(), aborting);
                break;
        }

        await _inFlight.None;
        return new SourceResult(outcome, builder.TotalLines, builder.TotalBytes, error);
    }

    private async Task<(SourceOutcome Outcome, string? Error)> ReadAsync(
        Stream input, LineBatchBuilder builder, CancellationToken stopping, CancellationToken aborting)
    {
        try
        {
            while (true)
            {
                if (builder.IsEmpty && input is NetworkStream { Socket: var socket })
                {
                    // An idle connection holds no buffer: an empty receive waits for the first byte.
                    builder.ReleaseIfEmpty();
                    await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, stopping);
                }

                var receiving = input.ReadAsync(builder.GetMemory(), stopping);
                var count = receiving.IsCompleted || source.Replayable || !builder.HasWholeLines
                    ? await receiving
                    : await LingerAsync(receiving.AsTask(), builder, aborting);
                if (count == 0)
                    return (SourceOutcome.Completed, null);

                Volatile.Write(ref _bytesRead, _bytesRead + count);
                builder.Advance(count);
                while (builder.IsFull)
                    await PublishAsync(builder.Take(), aborting);
                if (!source.Replayable && builder.HasWholeLines && _inFlight.IsEmpty)
                    await PublishAsync(builder.TakeWholeLines(), aborting);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !aborting.IsCancellationRequested)
        {
            return (SourceOutcome.Interrupted, null);
        }
        catch (InvalidDataException corrupt)
        {
            return (SourceOutcome.Corrupt, corrupt.Message);
        }
        catch (Exception broken) when (broken is IOException or SocketException)
        {
            return (SourceOutcome.Broken, broken.Message);
        }
    }

    /// <summary>Waits for bytes, but not longer than the lines at hand may wait.</summary>
    private async Task<int> LingerAsync(Task<int> receiving, LineBatchBuilder builder, CancellationToken aborting)
    {
        using var received = new CancellationTokenSource();
        await Task.WhenAny(receiving, _inFlight.None, Task.Delay(linger, time, received.Token));
        await received.CancelAsync();
        if (!receiving.IsCompleted)
            await PublishAsync(builder.TakeWholeLines(), aborting);
        return await receiving;
    }

    private async ValueTask PublishAsync(LineBatch batch, CancellationToken aborting)
    {
        if (_inFlight.None.IsFaulted)
            await _inFlight.None;
        _inFlight.Add(await publisher.PublishAsync(batch, aborting));
    }
}
