namespace Ingest.Cli.Load;

/// <summary>A stream whose first bytes can be looked at before they are read.</summary>
internal sealed class PeekedStream(Stream inner) : ReadOnlyStream
{
    private const int MostPeeked = 16;

    private readonly byte[] _peeked = new byte[MostPeeked];
    private int _start;
    private int _end;

    public ReadOnlyMemory<byte> Peeked => _peeked.AsMemory(_start, _end - _start);

    /// <returns>False at the end of the stream.</returns>
    public async Task<bool> PeekMoreAsync(CancellationToken cancellationToken)
    {
        var count = await inner.ReadAsync(_peeked.AsMemory(_end), cancellationToken);
        _end += count;
        return count > 0;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start == _end)
            return inner.ReadAsync(buffer, cancellationToken);
        var count = Math.Min(buffer.Length, _end - _start);
        _peeked.AsMemory(_start, count).CopyTo(buffer);
        _start += count;
        return ValueTask.FromResult(count);
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_start == _end)
            return inner.Read(buffer, offset, count);
        count = Math.Min(count, _end - _start);
        _peeked.AsSpan(_start, count).CopyTo(buffer.AsSpan(offset));
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
