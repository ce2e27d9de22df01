using Ingest.Compression.Decoding;

namespace Ingest.Compression.Xz;

/// <summary>
/// All streams of a .xz file, with all checks, by the system's library. Where the first block says its size there are
/// likely several, and they are unpacked side by side if there is memory to spare.
/// </summary>
/// <param name="share">Where the memory for threads comes from.</param>
/// <param name="isLive">Its sender may wait for what it has sent to be taken; with a file at hand threads need not be waited for.</param>
internal sealed unsafe class XzDecoder(DecompressionShare share, bool isLive) : IDecoder
{
    /// <summary>The stream header (section 2.1.1), then a block header's size and flags (section 3.1).</summary>
    private const int BlockSizeOffset = 12;
    private const int BlockFlagsOffset = 13;
    private const int BothSizes = 0xc0;

    /// <summary>So little that the library says how much it needs.</summary>
    private const long NoMemory = 1;

    /// <summary>The library tells all that it needs; a dictionary is taken to be whole steps of it, as they are in practice.</summary>
    private const long WindowStep = 1024 * 1024;

    private LibLzma.Stream* _stream;
    private bool _hasThreads;
    private long _needed;

    /// <summary>What a checksum of an unknown kind covers is read all the same, and the fault named at the end.</summary>
    private bool _isUnchecked;

    public MemoryNeed Need => new(
        _needed + DecompressionBudget.BesideWindowBytes,
        (_needed - DecompressionBudget.BesideWindowBytes + WindowStep - 1) / WindowStep * WindowStep);

    public string Fault { get; private set; } = "";

    public DecodeStatus Decode(ReadOnlySpan<byte> source, bool isLast, Span<byte> target, out int taken, out int made)
    {
        (taken, made) = (0, 0);
        if (_stream is null)
        {
            if (source.Length <= BlockFlagsOffset && !isLast)
                return DecodeStatus.NeedsInput;
            Open(source);
        }
        else if (_needed > 0)
        {
            LibLzma.SetMemoryLimit(_stream, _needed);
            _needed = 0;
        }

        fixed (byte* input = source, output = target)
        {
            _stream->NextIn = input;
            _stream->AvailableIn = (nuint)source.Length;
            _stream->NextOut = output;
            _stream->AvailableOut = (nuint)target.Length;
            while (true)
            {
                var code = LibLzma.Code(_stream, isLast ? LibLzma.Finish : LibLzma.Run);
                var (wasTaken, wasMade) = (taken, made);
                taken = source.Length - (int)_stream->AvailableIn;
                made = target.Length - (int)_stream->AvailableOut;
                _isUnchecked |= code == LibLzma.UnsupportedCheck;
                if (code is not (LibLzma.Ok or LibLzma.BufferError or LibLzma.UnsupportedCheck))
                    return Ending(code);
                if (made == target.Length)
                    return DecodeStatus.Going;

                // Called without input it waits for its own threads, and makes no headway once they have given all they can.
                var stands = taken == wasTaken && made == wasMade && code != LibLzma.UnsupportedCheck;
                if (taken == source.Length && (stands || (_hasThreads && !isLive && !isLast)))
                    return DecodeStatus.NeedsInput;
            }
        }
    }

    public void Dispose()
    {
        if (_stream is not null)
            LibLzma.Close(_stream);
        _stream = null;
    }

    private void Open(ReadOnlySpan<byte> start)
    {
        var threads = Environment.ProcessorCount;
        var helps = LibLzma.HasThreads && threads > 1 && start.Length > BlockFlagsOffset
            && start[BlockSizeOffset] != 0 && (start[BlockFlagsOffset] & BothSizes) == BothSizes;
        _hasThreads = helps && share.TryAdd(share.Generous);
        _stream = _hasThreads
            ? LibLzma.OpenThreaded(threads, share.Generous)
            : LibLzma.Open(NoMemory);
    }

    private DecodeStatus Ending(int code)
    {
        switch (code)
        {
            case LibLzma.StreamEnd when !_isUnchecked:
                return DecodeStatus.Ended;
            case LibLzma.MemoryLimit:
                _needed = LibLzma.NeededBytes(_stream);
                return DecodeStatus.NeedsMemory;
            case LibLzma.OutOfMemory:
                throw DecompressionRefusedException.OutOfMemory();
        }

        Fault = code switch
        {
            LibLzma.FormatError => "is followed by other bytes",
            LibLzma.OptionsError => "is made with options that are not known",
            LibLzma.StreamEnd => "has a checksum of a kind that is not known",
            _ => "is damaged",
        };
        return DecodeStatus.Corrupt;
    }
}
