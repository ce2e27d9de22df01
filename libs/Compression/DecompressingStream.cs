using System.Globalization;
using Ingest.Pipelines.Definition;

namespace Ingest.Compression;

/// <summary>Recognizes what its input is, then reads it: as it came, or unpacked.</summary>
internal sealed class DecompressingStream(Stream inner, Decompression how, DecompressionBudget budget, Codecs codecs) : ReadOnlyStream
{
    private readonly CompressedInput _input = new(inner);
    private readonly DecompressionShare _share = new(budget);
    private Decompression? _format = how == Decompression.None ? how : null;
    private Stream? _content;
    private long _produced;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _format == Decompression.None && _input.Available.IsEmpty
            ? inner.ReadAsync(buffer, cancellationToken)
            : ReadContentAsync(buffer, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A source is read asynchronously.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content?.Dispose();
            _input.Dispose();
            _share.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadContentAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _format ??= await RecognizeAsync(cancellationToken);
        if (_format == Decompression.None)
            return buffer.IsEmpty ? 0 : await _input.ReadAsync(buffer, cancellationToken);

        CheckExpansion();
        try
        {
            _content ??= await ContentStreams.OpenAsync(_format.Value, _input, _share, codecs, cancellationToken);
            var count = await _content.ReadAsync(buffer, cancellationToken);
            _produced += count;
            return count;
        }
        catch (InvalidDataException corrupt)
        {
            throw new CorruptInputException(_format.Value, _input.Offset, corrupt.Message, corrupt);
        }
    }

    private async ValueTask<Decompression> RecognizeAsync(CancellationToken cancellationToken)
    {
        await SkipFramesAsync(cancellationToken);
        Decompression? format;
        while ((format = FormatRecognizer.Recognize(_input.Available)) is null && await _input.FillAsync(cancellationToken))
        {
            // Not enough of it.
        }

        // No bytes are no lines, in any format.
        if (_input.Available.IsEmpty || format == how || (how == Decompression.Auto && _input.Offset == 0))
            return format ?? Decompression.None;
        if (how == Decompression.Auto)
            return format is Decompression.Zstd or Decompression.Lz4 ? format.Value : throw Corrupt(Decompression.Zstd, "is followed by other bytes");
        throw Corrupt(how, format is null ? "is cut short" : "does not begin like it");
    }

    /// <summary>Takes frames that are to be skipped, until something else begins.</summary>
    private async ValueTask SkipFramesAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = FormatRecognizer.Skippable(_input.Available);
            if (length is null && await _input.FillAsync(cancellationToken))
                continue;
            if (length is null or 0)
                return;
            for (var rest = length.Value; rest > 0;)
            {
                if (_input.Available.IsEmpty && !await _input.FillAsync(cancellationToken))
                    throw Corrupt(how == Decompression.Auto ? Decompression.Zstd : how, "is cut short");
                var count = (int)Math.Min(rest, _input.Available.Length);
                _input.Take(count);
                rest -= count;
            }
        }
    }

    private CorruptInputException Corrupt(Decompression format, string reason) => new(format, _input.Offset, reason);

    private void CheckExpansion()
    {
        var limits = budget.Limits;
        if (_produced <= limits.FreeBytes || _produced / Math.Max(1, _input.Offset) < limits.MaxExpansion)
            return;
        throw new DecompressionRefusedException(string.Create(
            CultureInfo.InvariantCulture,
            $"{_input.Offset} bytes of it became {_produced}, {limits.MaxExpansion} times as many; set Gateway__MaxExpansion higher in the environment to read it"));
    }
}
