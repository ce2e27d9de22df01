using System.Buffers.Binary;
using Ingest.Compression.Decoding;
using Ingest.Pipelines.Definition;
using SharpCompress.Compressors.LZMA;

namespace Ingest.Compression.Xz;

/// <summary>
/// The same where the system has no library: the file is read here, all its streams, blocks, indexes and checks, and
/// SharpCompress unpacks the LZMA2 data. Other filters than LZMA2 (deltas, and those for programs) are not read.
/// </summary>
internal sealed class ManagedXzStream(CompressedInput input, DecompressionShare share) : ReadOnlyStream
{
    private const int FooterBodyBytes = 6;
    private const int Lzma2Filter = 0x21;
    private const int LargestDictionaryCode = 40;

    // Section 2.1.1.1 and 2.1.2.4.
    private static readonly byte[] HeaderMagic = [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0x00];
    private static readonly byte[] FooterMagic = [(byte)'Y', (byte)'Z'];

    private readonly XzReader _reader = new(input);
    private readonly byte[] _streamFlags = new byte[2];
    private bool _isFirst = true;
    private XzCheck? _check;
    private XzIndex _index = new();
    private SharpCompressStream? _data;
    private Block _block;
    private long _dataStart;
    private long _made;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_data is not null || await NextBlockAsync(cancellationToken))
        {
            var count = await _data!.ReadAsync(buffer, cancellationToken);
            if (count > 0 || buffer.IsEmpty)
            {
                _check!.Append(buffer.Span[..count]);
                _made += count;
                return count;
            }

            await EndBlockAsync(cancellationToken);
        }

        return 0;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A source is read asynchronously.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _data?.Dispose();
            _check?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <returns>False at the end of the last stream.</returns>
    private async ValueTask<bool> NextBlockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_check is null && !await BeginStreamAsync(cancellationToken))
                return false;
            _reader.BeginChecksum();
            var size = await _reader.ReadByteAsync(cancellationToken);
            if (size != 0)
            {
                await BeginBlockAsync(size, cancellationToken);
                return true;
            }

            await EndStreamAsync(cancellationToken);
        }
    }

    private async ValueTask<bool> BeginStreamAsync(CancellationToken cancellationToken)
    {
        var first = await SkipPaddingAsync(cancellationToken);
        if (first is null)
            return false;
        var magic = new byte[HeaderMagic.Length];
        magic[0] = first.Value;
        await _reader.ReadAsync(magic.AsMemory(1), cancellationToken);
        if (!magic.AsSpan().SequenceEqual(HeaderMagic))
            throw new InvalidDataException("is followed by other bytes");
        _isFirst = false;

        _reader.BeginChecksum();
        await _reader.ReadAsync(_streamFlags, cancellationToken);
        await _reader.VerifyChecksumAsync(cancellationToken);
        if (_streamFlags[0] != 0)
            throw new InvalidDataException("is made with options that are not known");
        _check = new XzCheck(_streamFlags[1]);
        _index = new XzIndex();
        return true;
    }

    /// <summary>Stream padding (section 2.2): zeros in fours, behind a stream.</summary>
    /// <returns>The first byte behind it, or null at the end.</returns>
    private async ValueTask<byte?> SkipPaddingAsync(CancellationToken cancellationToken)
    {
        var start = _reader.Offset;
        while (true)
        {
            var next = await _reader.TryReadByteAsync(cancellationToken);
            if (next == 0 && !_isFirst)
                continue;
            var length = _reader.Offset - start - (next is null ? 0 : 1);
            return length % 4 == 0 ? next : throw XzReader.Damaged();
        }
    }

    /// <summary>Section 3.1.</summary>
    private async ValueTask BeginBlockAsync(byte size, CancellationToken cancellationToken)
    {
        const byte compressedSize = 0x40;
        const byte contentSize = 0x80;
        var start = _reader.Offset - 1;
        var end = start + ((size + 1) * 4) - sizeof(uint);
        var flags = await _reader.ReadByteAsync(cancellationToken);
        _block = new Block(
            (size + 1) * 4,
            (flags & compressedSize) != 0 ? await _reader.ReadIntegerAsync(cancellationToken) : null,
            (flags & contentSize) != 0 ? await _reader.ReadIntegerAsync(cancellationToken) : null);
        var filter = await _reader.ReadIntegerAsync(cancellationToken);
        if ((flags & ~(compressedSize | contentSize)) != 0 || filter != Lzma2Filter || await _reader.ReadIntegerAsync(cancellationToken) != 1)
            throw new InvalidDataException("is made with options that are not known");
        var dictionary = await _reader.ReadByteAsync(cancellationToken);
        while (_reader.Offset < end)
        {
            if (await _reader.ReadByteAsync(cancellationToken) != 0)
                throw new InvalidDataException("is made with options that are not known");
        }

        if (_reader.Offset > end)
            throw XzReader.Damaged();
        await _reader.VerifyChecksumAsync(cancellationToken);
        await OpenDataAsync(dictionary, cancellationToken);
    }

    private async ValueTask OpenDataAsync(byte dictionary, CancellationToken cancellationToken)
    {
        // Section 5.3.1.
        if (dictionary > LargestDictionaryCode)
            throw new InvalidDataException("is made with options that are not known");
        var window = dictionary == LargestDictionaryCode ? uint.MaxValue : (2L | (dictionary & 1u)) << ((dictionary / 2) + 11);
        share.CheckWindow(Decompression.Xz, window);
        if (window > int.MaxValue)
            throw new InvalidDataException("has a dictionary too large to be unpacked without the system's liblzma");
        await share.RequireAsync(window + DecompressionBudget.BesideWindowBytes, cancellationToken);
        (_dataStart, _made) = (_reader.Offset, 0);
        var content = await LzmaStream.CreateAsync([dictionary], input, -1, -1, presetDictionary: null!, isLzma2: true, leaveOpen: true);
        _data = new SharpCompressStream(content, input);
    }

    private async ValueTask EndBlockAsync(CancellationToken cancellationToken)
    {
        var length = _reader.Offset - _dataStart;
        await _data!.DisposeAsync();
        _data = null;
        if ((_block.CompressedBytes is { } compressed && compressed != (ulong)length) || (_block.ContentBytes is { } content && content != (ulong)_made))
            throw XzReader.Damaged();
        await _reader.ReadPaddingAsync(length, cancellationToken);
        var check = new byte[_check!.Length];
        await _reader.ReadAsync(check, cancellationToken);
        if (!_check.Finish().AsSpan().SequenceEqual(check))
            throw XzReader.Damaged();
        _index.Add(_block.HeaderBytes + length + check.Length, _made);
    }

    private async ValueTask EndStreamAsync(CancellationToken cancellationToken)
    {
        var length = await _index.VerifyAsync(_reader, cancellationToken);

        // Section 2.1.2: the checksum comes before what it sums.
        var checksum = new byte[sizeof(uint)];
        await _reader.ReadAsync(checksum, cancellationToken);
        var body = new byte[FooterBodyBytes + FooterMagic.Length];
        await _reader.ReadAsync(body, cancellationToken);
        var backward = (BinaryPrimitives.ReadUInt32LittleEndian(body) + 1L) * 4;
        if (System.IO.Hashing.Crc32.HashToUInt32(body.AsSpan(0, FooterBodyBytes)) != BinaryPrimitives.ReadUInt32LittleEndian(checksum)
            || backward != length
            || !body.AsSpan(sizeof(uint), _streamFlags.Length).SequenceEqual(_streamFlags)
            || !body.AsSpan(FooterBodyBytes).SequenceEqual(FooterMagic))
        {
            throw XzReader.Damaged();
        }

        _check!.Dispose();
        _check = null;
    }

    private readonly record struct Block(int HeaderBytes, ulong? CompressedBytes, ulong? ContentBytes);
}
