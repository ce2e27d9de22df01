using System.Buffers.Binary;
using System.IO.Hashing;
using Ingest.Compression.Decoding;
using Ingest.Messaging;
using K4os.Compression.LZ4;

namespace Ingest.Compression.Lz4;

/// <summary>
/// Frames of the LZ4 frame format (1.6), one after another: header with its checksum, blocks with theirs, linked or
/// not, the content's checksum and size where they are given; skippable frames. Legacy frames are not read.
/// </summary>
internal sealed class Lz4FrameDecoder : IDecoder
{
    private const uint Magic = 0x184d2204;
    private const uint SkippableMagic = 0x184d2a50;
    private const uint SkippableMask = 0xfffffff0;
    private const uint StoredBlock = 0x80000000;
    private const int MagicBytes = 4;
    private const int ChecksumBytes = 4;

    /// <summary>Linked blocks refer to so many bytes before them.</summary>
    private const int HistoryBytes = 64 * 1024;

    private readonly XxHash32 _contentHash = new();
    private Step _step = Step.Frame;
    private Descriptor _frame;
    private long _toSkip;
    private long _frameMade;

    /// <summary>One compressed block, as it comes in.</summary>
    private PooledMemory? _block;
    private int _blockLength;
    private int _blockFilled;
    private bool _isStored;

    /// <summary>History, then the block that is unpacked.</summary>
    private PooledMemory? _window;
    private int _windowStart;
    private int _windowEnd;

    public MemoryNeed Need => new((2L * _frame.BlockBytes) + HistoryBytes + DecompressionBudget.BesideWindowBytes, HistoryBytes);

    public string Fault { get; private set; } = "";

    public DecodeStatus Decode(ReadOnlySpan<byte> source, bool isLast, Span<byte> target, out int taken, out int made)
    {
        made = Math.Min(_windowEnd - _windowStart, target.Length);
        _window?.Memory.Span.Slice(_windowStart, made).CopyTo(target);
        _windowStart += made;
        taken = 0;
        if (_windowStart < _windowEnd)
            return DecodeStatus.Going;
        return _step switch
        {
            Step.Frame => BeginFrame(source, isLast, ref taken),
            Step.Skip => Skip(source, ref taken),
            Step.Memory => TakeMemory(),
            Step.Block => BeginBlock(source, ref taken),
            Step.Data => FillBlock(source, ref taken),
            _ => EndFrame(source, ref taken),
        };
    }

    public void Dispose()
    {
        _block?.Dispose();
        _window?.Dispose();
        (_block, _window) = (null, null);
        (_windowStart, _windowEnd) = (0, 0);
    }

    private DecodeStatus BeginFrame(ReadOnlySpan<byte> source, bool isLast, ref int taken)
    {
        if (source.IsEmpty)
            return isLast ? DecodeStatus.Ended : DecodeStatus.NeedsInput;
        if (source.Length < MagicBytes)
            return DecodeStatus.NeedsInput;
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(source);
        if ((magic & SkippableMask) == SkippableMagic)
        {
            if (source.Length < MagicBytes + sizeof(uint))
                return DecodeStatus.NeedsInput;
            _toSkip = BinaryPrimitives.ReadUInt32LittleEndian(source[MagicBytes..]);
            taken = MagicBytes + sizeof(uint);
            return Next(Step.Skip);
        }

        if (magic != Magic)
            return Corrupt("is followed by other bytes");
        var header = source[MagicBytes..];
        if (header.IsEmpty || header.Length < Descriptor.LengthOf(header[0]))
            return DecodeStatus.NeedsInput;
        header = header[..Descriptor.LengthOf(header[0])];
        if (!Descriptor.TryRead(header, out _frame))
            return Corrupt("is damaged (a frame's header)");
        if (_frame.HasDictionary)
            return Corrupt("needs a dictionary");
        taken = MagicBytes + header.Length;
        _contentHash.Reset();
        _frameMade = 0;
        (_windowStart, _windowEnd) = (0, 0);
        _step = Step.Memory;
        return DecodeStatus.NeedsMemory;
    }

    private DecodeStatus Skip(ReadOnlySpan<byte> source, ref int taken)
    {
        taken = (int)Math.Min(_toSkip, source.Length);
        _toSkip -= taken;
        return _toSkip > 0 ? DecodeStatus.NeedsInput : Next(Step.Frame);
    }

    private DecodeStatus TakeMemory()
    {
        if (_block is null || _block.Memory.Length < _frame.BlockBytes + ChecksumBytes)
        {
            Dispose();
            _block = PooledMemory.Rent(_frame.BlockBytes + ChecksumBytes);
            _window = PooledMemory.Rent(HistoryBytes + _frame.BlockBytes);
            // A match at distance 0 copies what lay there before: that must not be another source's.
            _window.Memory.Span.Clear();
        }

        return Next(Step.Block);
    }

    private DecodeStatus BeginBlock(ReadOnlySpan<byte> source, ref int taken)
    {
        if (source.Length < sizeof(uint))
            return DecodeStatus.NeedsInput;
        var size = BinaryPrimitives.ReadUInt32LittleEndian(source);
        taken = sizeof(uint);
        if (size == 0)
            return Next(Step.End);
        _isStored = (size & StoredBlock) != 0;
        _blockLength = (int)(size & ~StoredBlock);
        _blockFilled = 0;
        return _blockLength > _frame.BlockBytes ? Corrupt("is damaged (a block's length)") : Next(Step.Data);
    }

    private DecodeStatus FillBlock(ReadOnlySpan<byte> source, ref int taken)
    {
        var whole = _blockLength + (_frame.HasBlockChecksums ? ChecksumBytes : 0);
        taken = Math.Min(whole - _blockFilled, source.Length);
        source[..taken].CopyTo(_block!.Memory.Span[_blockFilled..]);
        _blockFilled += taken;
        if (_blockFilled < whole)
            return DecodeStatus.NeedsInput;

        var block = _block.Memory.Span[.._blockLength];
        if (_frame.HasBlockChecksums && XxHash32.HashToUInt32(block) != BinaryPrimitives.ReadUInt32LittleEndian(_block.Memory.Span[_blockLength..]))
            return Corrupt("is damaged (a block's checksum)");
        return Unpack(block) ? Next(Step.Block) : Corrupt("is damaged (a block)");
    }

    private bool Unpack(ReadOnlySpan<byte> block)
    {
        var window = _window!.Memory.Span;
        var history = _frame.HasLinkedBlocks ? Math.Min(HistoryBytes, _windowEnd) : 0;
        window[(_windowEnd - history).._windowEnd].CopyTo(window);
        var target = window.Slice(history, _frame.BlockBytes);
        var length = block.Length;
        if (_isStored)
            block.CopyTo(target);
        else
            length = LZ4Codec.Decode(block, target, window[..history]);
        if (length < 0)
            return false;
        (_windowStart, _windowEnd) = (history, history + length);
        _frameMade += length;
        if (_frame.HasContentChecksum)
            _contentHash.Append(target[..length]);
        return true;
    }

    private DecodeStatus EndFrame(ReadOnlySpan<byte> source, ref int taken)
    {
        if (_frame.HasContentChecksum)
        {
            if (source.Length < ChecksumBytes)
                return DecodeStatus.NeedsInput;
            taken = ChecksumBytes;
            if (_contentHash.GetCurrentHashAsUInt32() != BinaryPrimitives.ReadUInt32LittleEndian(source))
                return Corrupt("is damaged (the content's checksum)");
        }

        return _frame.ContentBytes is { } length && length != _frameMade ? Corrupt("is damaged (the content's length)") : Next(Step.Frame);
    }

    private DecodeStatus Next(Step step)
    {
        _step = step;
        return DecodeStatus.Going;
    }

    private DecodeStatus Corrupt(string fault)
    {
        Fault = fault;
        return DecodeStatus.Corrupt;
    }

    private enum Step
    {
        Frame,
        Skip,
        Memory,
        Block,
        Data,
        End,
    }

    /// <summary>A frame's descriptor, section "Frame Descriptor".</summary>
    private readonly record struct Descriptor(
        int BlockBytes, bool HasLinkedBlocks, bool HasBlockChecksums, bool HasContentChecksum, bool HasDictionary, long? ContentBytes)
    {
        private const int VersionMask = 0b1100_0000;
        private const int Version = 0b0100_0000;
        private const int IndependentFlag = 0b0010_0000;
        private const int BlockChecksumFlag = 0b0001_0000;
        private const int ContentSizeFlag = 0b0000_1000;
        private const int ContentChecksumFlag = 0b0000_0100;
        private const int ReservedFlag = 0b0000_0010;
        private const int DictionaryFlag = 0b0000_0001;
        private const int ReservedBlockBits = 0b1000_1111;

        /// <summary>Two bytes of flags, the content's size, the dictionary's id, a byte of checksum.</summary>
        public static int LengthOf(byte flags) =>
            2 + ((flags & ContentSizeFlag) != 0 ? sizeof(ulong) : 0) + ((flags & DictionaryFlag) != 0 ? sizeof(uint) : 0) + 1;

        public static bool TryRead(ReadOnlySpan<byte> header, out Descriptor descriptor)
        {
            var (flags, block) = (header[0], header[1]);
            var blockSize = block >> 4;
            descriptor = new Descriptor(
                blockSize is >= 4 and <= 7 ? 1 << (8 + (2 * blockSize)) : 0,
                (flags & IndependentFlag) == 0,
                (flags & BlockChecksumFlag) != 0,
                (flags & ContentChecksumFlag) != 0,
                (flags & DictionaryFlag) != 0,
                (flags & ContentSizeFlag) != 0 ? BinaryPrimitives.ReadInt64LittleEndian(header[2..]) : null);
            return (flags & VersionMask) == Version && (flags & ReservedFlag) == 0 && (block & ReservedBlockBits) == 0
                && descriptor.BlockBytes > 0
                && header[^1] == (byte)(XxHash32.HashToUInt32(header[..^1]) >> 8);
        }
    }
}
