using Ingest.Compression;

namespace Ingest.Cli.Load;

/// <summary>
/// A pipe whose read can be given up: a blocked read of a pipe cannot be cancelled, so it goes into a buffer of this
/// stream's own, and a buffer of the caller's is never written to after the caller has it back.
/// </summary>
internal sealed class PipeInput(Stream pipe, int largestRead) : ReadOnlyStream
{
    private readonly byte[] _buffer = new byte[largestRead];
    private Task<int>? _reading;
    private int _start;
    private int _end;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start == _end)
        {
            _reading ??= pipe.ReadAsync(_buffer, CancellationToken.None).AsTask();
            (_start, _end) = (0, await _reading.WaitAsync(cancellationToken));
            _reading = null;
        }

        var count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsMemory(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A pipe is read asynchronously.");
}
