using System.Diagnostics;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary>
/// Comments that go on until they are told to end, so that however fast the stages are, a fault meets a stream that is under
/// way. Counts what a sender takes of them, to see when it is blocked.
/// </summary>
/// <param name="seed">Another seed, other comments.</param>
/// <param name="lines">After so many they go on no more, but do not end either. All are about two gigabytes: where nothing blocks the sender, the test is to fail before the disk is full.</param>
internal sealed class OngoingInput(int seed, int lines = 2_000_000) : Stream
{
    private readonly Stream _comments = new CommentsGenerator(lines, seed).OpenRead();
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytes;
    private long _lines;
    private volatile bool _hasEnded;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    /// <summary>Bytes that were taken.</summary>
    public override long Position
    {
        get => Volatile.Read(ref _bytes);
        set => throw new NotSupportedException();
    }

    /// <summary>Lines that were taken, but perhaps for the end of the last one.</summary>
    public long Lines => Volatile.Read(ref _lines);

    /// <summary>Lets it end after the line that is being read.</summary>
    public void End() => _ending.TrySetResult();

    /// <summary>
    /// Waits until something was taken and then nothing more during this long, looked at again and again: longer than any hop
    /// waits before it tries once more.
    /// </summary>
    public async Task StallsAsync(TimeSpan stretch)
    {
        var (last, since) = (0L, Stopwatch.StartNew());
        await Eventually.HoldsAsync(
            () =>
            {
                var now = Position;
                if (now != last)
                    since.Restart();
                last = now;
                return now > 0 && !_hasEnded && since.Elapsed >= stretch;
            },
            PipelineUnderTest.Deadline + stretch,
            () => $"The sender was to be blocked; it has taken {Position} bytes{(_hasEnded ? ", all that there are" : "")}.");
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = _hasEnded ? 0 : Take(buffer.Span[.._comments.Read(buffer.Span)]);
        if (count == 0)
            await _ending.Task.WaitAsync(cancellationToken);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Take(ReadOnlySpan<byte> read)
    {
        var end = _ending.Task.IsCompleted ? read.IndexOf((byte)'\n') : -1;
        if (end >= 0)
            read = read[..(end + 1)];
        _hasEnded = end >= 0 || read.IsEmpty;
        Interlocked.Add(ref _lines, read.Count((byte)'\n'));
        Interlocked.Add(ref _bytes, read.Length);
        return read.Length;
    }
}
