using Ingest.Compression.Decoding;
using SharpCompress.Compressors;
using SharpCompress.Compressors.BZip2;

namespace Ingest.Compression.Bzip2;

/// <summary>
/// The same by SharpCompress, stream by stream, where the system has no library: correct, and several times slower.
/// </summary>
internal sealed class ManagedBzip2Stream(CompressedInput input, DecompressionShare share) : ReadOnlyStream
{
    private const int MagicBytes = 3;

    private SharpCompressStream? _stream;
    private bool _isFirst = true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_stream is not null || await BeginAsync(cancellationToken))
        {
            var count = await _stream!.ReadAsync(buffer, cancellationToken);
            if (count > 0 || buffer.IsEmpty)
                return count;
            await _stream.DisposeAsync();
            _stream = null;
        }

        return 0;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A source is read asynchronously.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _stream?.Dispose();
        base.Dispose(disposing);
    }

    /// <returns>False at the end of the last stream.</returns>
    private async ValueTask<bool> BeginAsync(CancellationToken cancellationToken)
    {
        var inPadding = false;
        while (input.Available.Length < MagicBytes && await input.FillAsync(cancellationToken))
        {
            // The input's last bytes are few.
        }

        while (!_isFirst && !input.Available.IsEmpty && input.Available[0] == 0)
        {
            inPadding = true;
            input.Take(input.Available.Length - input.Available.TrimStart((byte)0).Length);
            if (input.Available.IsEmpty)
                await input.FillAsync(cancellationToken);
        }

        if (input.Available.IsEmpty)
            return false;
        if (inPadding || !input.Available.StartsWith("BZh"u8[..Math.Min(MagicBytes, input.Available.Length)]))
            throw new InvalidDataException("is followed by other bytes");
        _isFirst = false;
        await share.RequireAsync(2 * Bzip2Memory.LargestBytes, cancellationToken);
        try
        {
            var content = await BZip2Stream.CreateAsync(
                input, CompressionMode.Decompress, decompressConcatenated: false, leaveOpen: true, cancellationToken: cancellationToken);
            _stream = new SharpCompressStream(content, input);
        }
        catch (Exception damaged) when (SharpCompressStream.IsFault(damaged))
        {
            throw SharpCompressStream.Fault(damaged, input);
        }

        return true;
    }
}
