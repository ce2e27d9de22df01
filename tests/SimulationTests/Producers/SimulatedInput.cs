namespace Ingest.SimulationTests.Producers;

/// <summary>The reading end of a connection or a file: bytes come in pieces and late, and may break off.</summary>
internal sealed class SimulatedInput : Stream
{
    private readonly LinkedList<ReadOnlyMemory<byte>> _arrived = new();
    private TaskCompletionSource? _waiting;
    private bool _ended;
    private Exception? _failure;

    /// <summary>Heard whenever bytes have been read, so that a sender that was stopped may go on.</summary>
    public Action? Drained { get; set; }

    public int Unread => _arrived.Sum(a => a.Length);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Arrive(ReadOnlyMemory<byte> bytes)
    {
        _arrived.AddLast(bytes);
        _waiting?.TrySetResult();
    }

    /// <summary>The orderly end.</summary>
    public void End()
    {
        _ended = true;
        _waiting?.TrySetResult();
    }

    /// <summary>What arrived and was not read is gone too.</summary>
    public void Break(string how)
    {
        _failure = new IOException(how);
        _arrived.Clear();
        _waiting?.TrySetResult();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (_arrived.Count == 0 && _failure is null && !_ended)
        {
            _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), _waiting);
            await _waiting.Task;
        }

        if (_failure is not null)
            throw _failure;
        if (buffer.IsEmpty)
            return 0;
        if (_arrived.First is not { Value: var next })
            return 0;
        _arrived.RemoveFirst();
        var count = Math.Min(buffer.Length, next.Length);
        next[..count].CopyTo(buffer);
        if (count < next.Length)
            _arrived.AddFirst(next[count..]);
        Drained?.Invoke();
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Nobody waits here.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
