using System.Diagnostics;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary>
/// Comments that go on until they are told to end, so that however fast the stages are, a fault meets a stream that is under
/// way. Counts what a sender takes of them, to see when it is blocked.
/// </summary>
internal sealed class OngoingInput(int seed) : Stream
{
    /// <summary>About two gigabytes: where nothing blocks the sender, the test is to fail before the disk is full.</summary>
    private const int MostLines = 2_000_000;

    private readonly Stream _comments = new CommentsGenerator(MostLines, seed).OpenRead();
    private long _bytes;
    private long _lines;
    private volatile bool _isEnding;
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
    public void End() => _isEnding = true;

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

    public override int Read(Span<byte> buffer) => _hasEnded ? 0 : Take(buffer[.._comments.Read(buffer)], buffer.Length);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Read(buffer.Span));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Take(ReadOnlySpan<byte> read, int asked)
    {
        var end = _isEnding ? read.IndexOf((byte)'\n') : -1;
        if (end >= 0)
            read = read[..(end + 1)];
        _hasEnded = end >= 0 || (read.IsEmpty && asked > 0);
        Interlocked.Add(ref _lines, read.Count((byte)'\n'));
        Interlocked.Add(ref _bytes, read.Length);
        return read.Length;
    }
}
