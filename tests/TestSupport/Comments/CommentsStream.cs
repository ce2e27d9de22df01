using System.Buffers;

namespace Ingest.TestSupport;

/// <summary>Generated lines as a stream that holds one of them at a time.</summary>
internal sealed class CommentsStream(CommentsGenerator comments) : Stream
{
    private readonly ArrayBufferWriter<byte> _line = new(4096);
    private int _next;
    private int _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var filled = 0;
        while (filled < buffer.Length && (_read < _line.WrittenCount || Advance()))
        {
            var part = _line.WrittenSpan[_read..];
            part = part[..Math.Min(part.Length, buffer.Length - filled)];
            part.CopyTo(buffer[filled..]);
            filled += part.Length;
            _read += part.Length;
        }
        return filled;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(Read(buffer.AsSpan(offset, count)));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private bool Advance()
    {
        if (_next == comments.Lines)
            return false;
        _line.ResetWrittenCount();
        comments.Write(_next++, _line);
        _read = 0;
        return true;
    }
}
