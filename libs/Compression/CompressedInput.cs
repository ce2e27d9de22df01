using Ingest.Messaging;

namespace Ingest.Compression;

/// <summary>
/// The compressed bytes of one input: looked at before they are taken, and counted. It holds a buffer only while there
/// is something in it. As a stream it serves decoders that pull.
/// </summary>
internal sealed class CompressedInput(Stream inner) : ReadOnlyStream
{
    public const int BufferBytes = 64 * 1024;

    private PooledMemory? _buffer;
    private int _start;
    private int _end;

    /// <summary>The bytes that are there.</summary>
    public ReadOnlySpan<byte> Available => _buffer is null ? default : _buffer.Memory.Span[_start.._end];

    /// <summary>Nothing follows what is available.</summary>
    public bool IsLast { get; private set; }

    /// <summary>All its bytes are there to be read.</summary>
    public bool IsFile => inner.CanSeek;

    /// <summary>How many bytes were taken.</summary>
    public long Offset { get; private set; }

    public override long Position
    {
        get => Offset;
        set => throw new NotSupportedException();
    }

    public void Take(int count)
    {
        Offset += count;
        _start += count;
        if (_start == _end)
            ReleaseBuffer();
    }

    /// <summary>Waits for bytes, without memory for them.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (_start < _end || IsLast)
            return;
        _ = await inner.ReadAsync(Memory<byte>.Empty, cancellationToken);
    }

    /// <summary>Waits for more bytes than are there; there must be few.</summary>
    /// <returns>False when there are no more.</returns>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (IsLast)
            return false;
        if (_end - _start == BufferBytes)
            throw new InvalidOperationException("A decoder wants more bytes than it may.");
        if (!IsFile)
            await WaitAsync(cancellationToken);
        _buffer ??= PooledMemory.Rent(BufferBytes);
        if (_start > 0)
        {
            Available.CopyTo(_buffer.Array);
            (_start, _end) = (0, _end - _start);
        }

        try
        {
            var count = await inner.ReadAsync(_buffer.Memory[_end..], cancellationToken);
            _end += count;
            IsLast = count == 0;
        }
        finally
        {
            if (_start == _end)
                ReleaseBuffer();
        }

        return !IsLast;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Available.IsEmpty && !await FillAsync(cancellationToken))
            return 0;
        var count = Math.Min(buffer.Length, _end - _start);
        Available[..count].CopyTo(buffer.Span);
        Take(count);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A source is read asynchronously.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            ReleaseBuffer();
        base.Dispose(disposing);
    }

    private void ReleaseBuffer()
    {
        _buffer?.Dispose();
        _buffer = null;
        (_start, _end) = (0, 0);
    }
}
