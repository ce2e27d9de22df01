using System.Diagnostics;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary>Counts what a sender takes, to see when it is blocked.</summary>
internal sealed class CountingStream(Stream inner) : Stream
{
    private long _count;
    private volatile bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Volatile.Read(ref _count);
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// Waits until something was taken, but not everything, and then nothing more during this long, looked at again and
    /// again: longer than any hop waits before it tries once more.
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
                return now > 0 && !_ended && since.Elapsed >= stretch;
            },
            PipelineUnderTest.Deadline + stretch,
            () => $"The sender was to be blocked; it has taken {Position} bytes{(_ended ? ", all that there are" : "")}.");
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        Count(count, buffer.Length);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        Count(read, count);
        return read;
    }

    private void Count(int read, int asked)
    {
        Interlocked.Add(ref _count, read);
        if (read == 0 && asked > 0)
            _ended = true;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
