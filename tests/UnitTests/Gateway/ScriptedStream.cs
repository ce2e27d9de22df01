using System.Text;
using System.Threading.Channels;

namespace Ingest.UnitTests.Gateway;

/// <summary>A stream whose bytes, end and faults come when the test says so.</summary>
internal sealed class ScriptedStream : Stream
{
    private readonly Channel<object> _events = Channel.CreateUnbounded<object>(new() { AllowSynchronousContinuations = true });
    private readonly Channel<Memory<byte>> _pending = Channel.CreateUnbounded<Memory<byte>>();

    private ReadOnlyMemory<byte> _rest;

    /// <summary>As a decompressor whose input came and made no output: it says that there are bytes, and may make a receive wait.</summary>
    public bool IsAlwaysReady { get; set; }

    /// <summary>The next receives get these bytes.</summary>
    public void Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Send(string)"/>
    public void Send(ReadOnlyMemory<byte> bytes) => _events.Writer.TryWrite(bytes);

    public void End() => Send("");

    public void Break(Exception fault) => _events.Writer.TryWrite(fault);

    /// <summary>The memory of the next receive that has to wait.</summary>
    public Task<Memory<byte>> NextPendingAsync() => _pending.Reader.ReadAsync().AsTask().SoonAsync();

    public int ReadsUnderWay { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadsUnderWay++;
        try
        {
            return await ReadAnyAsync(buffer, cancellationToken);
        }
        finally
        {
            ReadsUnderWay--;
        }
    }

    private async ValueTask<int> ReadAnyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (buffer.IsEmpty && IsAlwaysReady)
            return 0;
        if (_rest.Length > 0)
            return Give(buffer, _rest);
        if (!_events.Reader.TryPeek(out _))
            _pending.Writer.TryWrite(buffer);
        if (buffer.IsEmpty)
        {
            await _events.Reader.WaitToReadAsync(cancellationToken);
            return 0;
        }

        var next = await _events.Reader.ReadAsync(cancellationToken);
        if (next is Exception fault)
            throw fault;
        return Give(buffer, (ReadOnlyMemory<byte>)next);
    }

    private int Give(Memory<byte> buffer, ReadOnlyMemory<byte> bytes)
    {
        var count = Math.Min(buffer.Length, bytes.Length);
        bytes[..count].CopyTo(buffer);
        _rest = bytes[count..];
        return count;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
