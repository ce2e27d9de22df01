using Ingest.Pipelines.Definition;

namespace Ingest.Compression.Decoding;

/// <summary>The stream of what a decoder makes. It waits for input only when the decoder has nothing left to give.</summary>
internal sealed class DecoderStream(Decompression format, IDecoder decoder, CompressedInput input, DecompressionShare share) : ReadOnlyStream
{
    private readonly byte[] _ahead = new byte[1];
    private bool _hasAhead;
    private DecodeStatus _status = DecodeStatus.Going;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            // One byte ahead tells that there are some, and needs no buffer.
            _hasAhead = _hasAhead || await DecodeAsync(_ahead, cancellationToken) > 0;
            return 0;
        }

        if (!_hasAhead)
            return await DecodeAsync(buffer, cancellationToken);
        _hasAhead = false;
        buffer.Span[0] = _ahead[0];
        return 1 + Decode(buffer.Span[1..]);
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A source is read asynchronously.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            decoder.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> DecodeAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        while (true)
        {
            var made = Decode(target.Span);
            if (made > 0)
                return made;
            switch (_status)
            {
                case DecodeStatus.NeedsInput when input.IsLast:
                    throw new InvalidDataException("is cut short");
                case DecodeStatus.NeedsInput:
                    await input.FillAsync(cancellationToken);
                    break;
                case DecodeStatus.NeedsMemory:
                    share.CheckWindow(format, decoder.Need.WindowBytes);
                    await share.RequireAsync(decoder.Need.Bytes, cancellationToken);
                    break;
                case DecodeStatus.Corrupt:
                    throw new InvalidDataException(decoder.Fault);
                case DecodeStatus.Ended:
                    return 0;
            }

            _status = DecodeStatus.Going;
        }
    }

    /// <summary>Makes as much as it can without waiting.</summary>
    private int Decode(Span<byte> target)
    {
        var total = 0;
        while (_status == DecodeStatus.Going && total < target.Length)
        {
            _status = decoder.Decode(input.Available, input.IsLast, target[total..], out var taken, out var made);
            input.Take(taken);
            total += made;
        }

        return total;
    }
}
