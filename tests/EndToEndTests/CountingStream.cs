using System.Diagnostics;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary>Counts what a sender takes, to see when it is blocked.</summary>
internal sealed class CountingStream(Stream inner) : Stream
{
    private long _count;

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
    /// Waits until something was taken and then nothing more during this long, looked at again and again: longer than
    /// any hop waits before it tries once more.
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
                return now > 0 && since.Elapsed >= stretch;
            },
            PipelineUnderTest.Deadline + stretch,
            () => $"The sender was to be blocked; it has taken {Position} bytes.");
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        Interlocked.Add(ref _count, count);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        Interlocked.Add(ref _count, read);
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
